-- The chain without a team grows with every refused address: an admin has it checked part by part, each within the
-- time a statement may take.

create function private.audit_part(p_after bigint, p_limit integer) returns table (
  entries bigint, last_seq bigint, head text, broken bigint, reason text
)
language sql stable security definer set search_path = '' as $$
  with part as (
    select l as entry, l.seq, l.previous, l.hash
    from public.audit_log l
    where l.team_id is null and l.seq > p_after
      and (private.acting_role() <> 'authenticated'
        or (select private.has_aal2()) and exists (select from private.my_teams('admin')))
    order by l.seq limit least(greatest(p_limit, 1), 20000)
  ),
  before as (
    select p_after as seq, coalesce(
      (select l.hash from public.audit_log l where l.team_id is null and l.seq = p_after), repeat('0', 64)) as hash
  ),
  judged as (
    select p.seq, p.hash, case
      when p.seq <> b.seq + row_number() over chain then 'the entry before it is missing'
      when p.previous <> coalesce(lag(p.hash) over chain, b.hash) then 'it does not follow the entry before it'
      when p.hash <> private.audit_hash(p.previous, private.audit_entry(p.entry)) then 'it was changed'
    end as reason
    from part p cross join before b
    window chain as (order by p.seq)
  )
  select count(*), max(j.seq), (array_agg(j.hash order by j.seq desc))[1],
    min(j.seq) filter (where j.reason is not null),
    (array_agg(j.reason order by j.seq) filter (where j.reason is not null))[1]
  from judged j having count(*) > 0
$$;
comment on function private.audit_part is 'A part of the chain without a team: how long, its last hash, its first broken entry. Checks the caller''s role by itself.';
grant execute on function private.audit_part(bigint, integer) to authenticated, service_role;

create function public.verify_audit_part(p_after bigint default 0, p_limit integer default 20000) returns table (
  entries bigint, last_seq bigint, head text, broken bigint, reason text
)
language sql stable set search_path = '' as $$
  select * from private.audit_part(p_after, p_limit)
$$;
comment on function public.verify_audit_part is 'The database''s verdict on at most 20000 entries of the chain without a team, after one. No row: there are none, or the caller is no admin with a second factor.';
grant execute on function public.verify_audit_part(bigint, integer) to authenticated;
