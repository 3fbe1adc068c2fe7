-- Who changed a book, when, and what: every write of positions is one numbered change, by whatever road it came.

create table public.position_changes (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  portfolio_id uuid not null,
  revision bigint not null check (revision > 0),
  kind text not null check (kind in ('edit', 'import', 'undo', 'other')),
  undoes bigint check ((undoes is not null) = (kind = 'undo')),
  valid_from date,
  moves jsonb not null default '[]' check (jsonb_typeof(moves) = 'array'),
  made_by uuid references auth.users on delete set null,
  made_by_name public.long_text not null default '',
  made_at timestamptz not null default clock_timestamp(),
  unique (portfolio_id, revision),
  foreign key (team_id, portfolio_id) references public.portfolios (team_id, id) on delete cascade
);
create index position_changes_book on public.position_changes (team_id, portfolio_id, revision desc);
create index position_changes_author on public.position_changes (made_by);
comment on table public.position_changes is 'The changes of a book, numbered. Written by a trigger on positions alone.';
comment on column public.position_changes.revision is 'Counts the changes of a book from 1: who edits says which one they had read.';
comment on column public.position_changes.kind is 'edit and undo: on a page; import: a whole book; other: rows written directly.';
comment on column public.position_changes.undoes is 'The revision that an undo takes back.';
comment on column public.position_changes.valid_from is 'First day on which something is held otherwise.';
comment on column public.position_changes.moves is 'Each version of a position that began, or whose end moved: position, symbol, quantity, from, until, and until_before where it was there already; null: still held.';
comment on column public.position_changes.made_by is 'Null: the service, or somebody who is no longer known.';
comment on column public.position_changes.made_by_name is 'Their e-mail address when it was made.';
comment on column public.position_changes.made_at is 'UTC.';

alter table public.position_changes enable row level security;
alter table public.position_changes force row level security;
revoke all on public.position_changes from public, anon, authenticated;
grant select on public.position_changes to authenticated;
create policy position_changes_select on public.position_changes for select to authenticated
  using (team_id = any (array(select private.my_teams())));

create function private.lock_positions(p_portfolio uuid) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(format('positions %s', p_portfolio), 0))
$$;
comment on function private.lock_positions is 'Changes of the same book wait for each other.';
grant execute on function private.lock_positions(uuid) to authenticated, service_role;

-- Only rpcs call it; a request cannot set anything but its own `request.*`.
create function private.call_change(p_kind text, p_undoes bigint default null) returns void
language sql set search_path = '' as $$
  select set_config('riskkit.position_change', case when p_kind is null then ''
    else jsonb_build_object('kind', p_kind, 'undoes', p_undoes)::text end, true)
$$;
comment on function private.call_change is 'What the writes that follow in this transaction are: a new change of this kind. Null: nothing in particular.';
grant execute on function private.call_change(text, bigint) to authenticated, service_role;

create function private.add_moves(p_team uuid, p_portfolio uuid, p_day date, p_moves jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_called jsonb := coalesce(nullif(current_setting('riskkit.position_change', true), '')::jsonb, '{"kind": "other"}');
begin
  perform private.lock_positions(p_portfolio);
  update public.position_changes c
  set moves = c.moves || p_moves, valid_from = least(c.valid_from, p_day)
  where c.id = (v_called ->> 'id')::uuid and c.portfolio_id = p_portfolio;
  if found then
    return;
  end if;
  with made as (
    insert into public.position_changes (team_id, portfolio_id, revision, kind, undoes, valid_from, moves, made_by, made_by_name)
    select p_team, p_portfolio, coalesce(max(c.revision), 0) + 1, v_called ->> 'kind', (v_called ->> 'undoes')::bigint,
      p_day, p_moves, (select u.id from auth.users u where u.id = auth.uid()), coalesce(private.my_name(), '')
    from public.position_changes c where c.portfolio_id = p_portfolio
    returning id
  )
  select v_called || jsonb_build_object('id', made.id) into v_called from made;
  perform set_config('riskkit.position_change', v_called::text, true);
end $$;
comment on function private.add_moves is 'Add moves to the change that is under way in this transaction, or begin one.';

create function private.note_positions() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_book record;
begin
  if tg_op = 'INSERT' then
    for v_book in
      select n.team_id, n.portfolio_id, min(n.valid_from) as day, jsonb_agg(jsonb_build_object(
        'position', n.id, 'symbol', i.symbol, 'quantity', n.quantity, 'from', n.valid_from, 'until', n.valid_to
      ) order by i.symbol) as moves
      from changed n join public.instruments i on i.id = n.instrument_id group by 1, 2
    loop
      perform private.add_moves(v_book.team_id, v_book.portfolio_id, v_book.day, v_book.moves);
    end loop;
  else
    for v_book in
      select n.team_id, n.portfolio_id, min(least(n.valid_to, o.valid_to)) as day, jsonb_agg(jsonb_build_object(
        'position', n.id, 'symbol', i.symbol, 'quantity', n.quantity, 'from', n.valid_from, 'until', n.valid_to,
        'until_before', o.valid_to
      ) order by i.symbol) as moves
      from changed n join before o on o.id = n.id join public.instruments i on i.id = n.instrument_id
      where n.valid_to is distinct from o.valid_to group by 1, 2
    loop
      perform private.add_moves(v_book.team_id, v_book.portfolio_id, v_book.day, v_book.moves);
    end loop;
  end if;
  return null;
end $$;
comment on function private.note_positions is 'Keep what a statement did to the positions of each book.';
create trigger note_insert after insert on public.positions
  referencing new table as changed for each statement execute function private.note_positions();
create trigger note_update after update on public.positions
  referencing old table as before new table as changed for each statement execute function private.note_positions();

-- What is there already began when it was written, by somebody who was not noted.
insert into public.position_changes (team_id, portfolio_id, revision, kind, valid_from, moves, made_at)
select p.team_id, p.portfolio_id, row_number() over (partition by p.portfolio_id order by p.created_at), 'other',
  min(p.valid_from), jsonb_agg(jsonb_build_object(
    'position', p.id, 'symbol', i.symbol, 'quantity', p.quantity, 'from', p.valid_from, 'until', p.valid_to
  ) order by i.symbol), p.created_at
from public.positions p join public.instruments i on i.id = p.instrument_id
group by p.team_id, p.portfolio_id, p.created_at;

select private.broadcast_table('public.position_changes');
