-- What people say of a run: comments, and the decision of a second pair of eyes, bound to what the run is.

-- Everything a reader is told of a run, but who recorded it: that goes when the user does.
create function public.run_hash(p_run uuid) returns text
language sql stable set search_path = '' as $$
  select encode(sha256(convert_to(jsonb_build_array(
    r.id, r.team_id, r.portfolio_id, r.report, r.notebook, r.as_of, extract(epoch from r.run_at), r.official, r.status,
    r.parameters, r.overrides, r.inputs, r.code, r.packages, r.seed,
    (select jsonb_agg(jsonb_build_array(m.name, m.value, m.unit, m.labels) order by m.ordinal) from public.run_metrics m
      where m.run_id = r.id and m.team_id = r.team_id),
    (select jsonb_agg(jsonb_build_array(a.name, a.media_type, a.sha256, a.size) order by a.name collate "C") from public.run_artifacts a
      where a.run_id = r.id and a.team_id = r.team_id)
  )::text, 'UTF8')), 'hex')
  from public.report_runs r where r.id = p_run
$$;
comment on function public.run_hash is 'sha256 of a run with its parameters, inputs, metrics and artifacts'' hashes; null if there is no such run to see.';
grant execute on function public.run_hash(uuid) to authenticated;

create table public.approvals (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  run_id uuid not null,
  run_hash text not null check (run_hash ~ '^[0-9a-f]{64}$'),
  decision text not null check (decision in ('approved', 'rejected')),
  reason public.long_text not null default '' check (decision = 'approved' or btrim(reason) <> ''),
  approver uuid references auth.users on delete set null,
  approver_name public.long_text not null,
  created_at timestamptz not null default now(),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index approvals_run on public.approvals (team_id, run_id, created_at);
create index approvals_approver on public.approvals (approver);
comment on table public.approvals is 'Decisions on a run; the last one stands. Never changed; the audit log has them too.';
comment on column public.approvals.run_hash is 'run_hash of what was decided upon: a run that has another one now is not approved.';
comment on column public.approvals.reason is 'Needed for a rejection.';
comment on column public.approvals.created_at is 'UTC.';

alter table public.approvals enable row level security;
alter table public.approvals force row level security;
revoke all on public.approvals from public, anon, authenticated;
grant select on public.approvals to authenticated;
create policy approvals_select on public.approvals for select to authenticated
  using (team_id = any (array(select private.my_teams())));

create function private.write_approval(p_run uuid, p_hash text, p_decision text, p_reason text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_me uuid := (select auth.uid());
  v_run public.report_runs;
  v_hash text;
  v_made uuid;
begin
  select * into v_run from public.report_runs r
  where r.id = p_run and r.team_id = any (array(select private.my_teams()));
  if not found then
    perform private.refuse('run', p_run::text, 'the id of a run that you may see');
  end if;
  if v_run.team_id <> all (array(select private.my_teams('approver'))) then
    raise exception using errcode = '42501', message = 'Deciding on a run takes the role approver in its team.';
  end if;
  if v_me in (v_run.author, v_run.recorded_by) then
    raise exception using errcode = '42501', message = 'The author of a run cannot decide on it: ask another approver.';
  end if;
  if coalesce(p_decision, '') not in ('approved', 'rejected') then
    perform private.refuse('decision', p_decision, 'approved or rejected');
  end if;
  if p_decision = 'rejected' and btrim(coalesce(p_reason, '')) = '' then
    perform private.refuse('reason', p_reason, 'a reason for the rejection');
  end if;
  v_hash := public.run_hash(p_run);
  if p_hash is distinct from v_hash then
    raise exception using errcode = 'PT409', message = 'The run is no longer what you looked at: open it again.';
  end if;
  insert into public.approvals (team_id, run_id, run_hash, decision, reason, approver, approver_name)
  values (v_run.team_id, p_run, v_hash, p_decision, coalesce(p_reason, ''), v_me, private.my_name())
  returning id into v_made;
  perform private.audit(v_run.team_id, 'run.' || p_decision, p_run::text,
    jsonb_build_object('run_hash', v_hash, 'report', v_run.report, 'reason', coalesce(p_reason, '')));
  return v_made;
end $$;
comment on function private.write_approval is 'The only writer of approvals; checks the caller by itself.';
grant execute on function private.write_approval(uuid, text, text, text) to authenticated;

create function public.decide_on_run(p_run uuid, p_hash text, p_decision text, p_reason text default '') returns uuid
language sql set search_path = '' as $$
  select private.write_approval(p_run, p_hash, p_decision, p_reason)
$$;
comment on function public.decide_on_run is 'Approve or reject the run whose run_hash one has looked at. Approver and up, never the author.';
grant execute on function public.decide_on_run(uuid, text, text, text) to authenticated;

create table public.run_comments (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  run_id uuid not null,
  body public.long_text not null check (btrim(body, E' \t\n') <> ''),
  author uuid default auth.uid() references auth.users on delete set null,
  author_name public.long_text not null default private.my_name(),
  created_at timestamptz not null default now(),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index run_comments_run on public.run_comments (team_id, run_id, created_at);
create index run_comments_author on public.run_comments (author);
comment on table public.run_comments is 'What members say about a run: text, never markup. An admin may remove one; nobody changes one.';
comment on column public.run_comments.created_at is 'UTC.';

alter table public.run_comments enable row level security;
alter table public.run_comments force row level security;
revoke all on public.run_comments from public, anon, authenticated;
grant select, insert (team_id, run_id, body), delete on public.run_comments to authenticated;
create policy run_comments_select on public.run_comments for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy run_comments_insert on public.run_comments for insert to authenticated
  with check (team_id = any (array(select private.my_teams())) and author = (select auth.uid()));
create policy run_comments_delete on public.run_comments for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
