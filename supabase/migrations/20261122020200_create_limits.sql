-- Limits on a book's figures, and who saw which breach. A change ends one version and begins the next, as with positions.

create function private.my_name() returns text
language sql stable security definer set search_path = '' as $$
  select coalesce((select u.email from auth.users u where u.id = (select auth.uid())), '')
$$;
comment on function private.my_name is 'The caller''s e-mail address: users cannot read each other''s from Auth.';
grant execute on function private.my_name() to authenticated, service_role;

create table public.limits (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  portfolio_id uuid not null,
  metric public.slug not null,
  scope text not null default 'portfolio' check (scope in ('portfolio', 'position', 'sector', 'currency')),
  scope_value public.long_text not null default '' check (char_length(scope_value) <= 200),
  basis text not null default 'absolute' check (basis in ('absolute', 'relative')),
  unit text not null check (unit ~ '^([A-Z]{3}|fraction|days|count)$'),
  soft numeric check (abs(soft) < 1e15 and scale(soft) <= 30),
  hard numeric check (abs(hard) < 1e15 and scale(hard) <= 30),
  note public.long_text not null default '',
  valid_from date not null default current_date check (valid_from between '0001-01-01' and '9999-12-31'),
  valid_to date check (valid_to between valid_from and '9999-12-31'),
  created_by uuid default auth.uid() references auth.users on delete set null,
  created_at timestamptz not null default now(),
  unique (team_id, id),
  foreign key (team_id, portfolio_id) references public.portfolios (team_id, id) on delete cascade,
  constraint limits_soft_before_hard check (soft <= hard),
  constraint limits_say_something check (soft is not null or hard is not null),
  constraint limits_scope_names_something check ((scope = 'portfolio') = (scope_value = ''))
);
create unique index limits_in_force on public.limits (team_id, portfolio_id, metric, scope, scope_value, basis)
  where valid_to is null;
create index limits_book on public.limits (team_id, portfolio_id, valid_from);
create index limits_created_by on public.limits (created_by);
comment on table public.limits is 'What a figure of a book may be at most. Beyond soft: a warning; beyond hard: a breach.';
comment on column public.limits.metric is 'Name of the run metric it bounds, such as value_at_risk: a loss is positive.';
comment on column public.limits.scope is 'Of the whole book, or of one position, sector or currency of it.';
comment on column public.limits.scope_value is 'Which one: a symbol, a sector, a currency; * for each of them; empty for the whole book.';
comment on column public.limits.basis is 'absolute: of the figure itself; relative: of its change since the run before.';
comment on column public.limits.unit is 'A currency''s ISO 4217 code, fraction, days or count.';
comment on column public.limits.soft is 'In `unit`; a figure above it warns.';
comment on column public.limits.hard is 'In `unit`; a figure above it is a breach.';
comment on column public.limits.valid_from is 'First day it holds.';
comment on column public.limits.valid_to is 'First day it no longer holds; null: still in force.';
comment on column public.limits.created_at is 'UTC.';

alter table public.limits enable row level security;
alter table public.limits force row level security;
revoke all on public.limits from public, anon, authenticated;
grant select, insert (team_id, portfolio_id, metric, scope, scope_value, basis, unit, soft, hard, note, valid_from, valid_to),
  update (valid_to, note), delete on public.limits to authenticated;
create policy limits_select on public.limits for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy limits_insert on public.limits for insert to authenticated
  with check (team_id = any (array(select private.my_teams('approver'))));
create policy limits_update on public.limits for update to authenticated
  using (team_id = any (array(select private.my_teams('approver'))))
  with check (team_id = any (array(select private.my_teams('approver'))));
create policy limits_delete on public.limits for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
create policy limits_insert_aal2 on public.limits as restrictive for insert to authenticated
  with check ((select private.has_aal2()));
create policy limits_update_aal2 on public.limits as restrictive for update to authenticated
  using ((select private.has_aal2())) with check ((select private.has_aal2()));
create policy limits_delete_aal2 on public.limits as restrictive for delete to authenticated
  using ((select private.has_aal2()));

create function private.note_limit() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_row public.limits := coalesce(new, old);
  v_what text := concat_ws(' ', v_row.metric, v_row.basis, v_row.scope, nullif(v_row.scope_value, ''));
begin
  -- Gone with its book or team: that is not a change of the limit.
  if tg_op <> 'DELETE' or exists (select from public.portfolios p where p.id = old.portfolio_id) then
    perform private.audit(v_row.team_id,
      case tg_op when 'INSERT' then 'limit.added' when 'UPDATE' then 'limit.changed' else 'limit.removed' end, v_what,
      jsonb_build_object('id', v_row.id, 'portfolio_id', v_row.portfolio_id, 'soft', v_row.soft, 'hard', v_row.hard,
        'unit', v_row.unit, 'valid_from', v_row.valid_from, 'valid_to', v_row.valid_to));
  end if;
  return null;
end $$;
comment on function private.note_limit is 'Every change of a limit is on record.';
create trigger note_limit after insert or update or delete on public.limits
  for each row execute function private.note_limit();

create table public.limit_acknowledgements (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  limit_id uuid not null,
  run_id uuid not null,
  reason public.long_text not null check (btrim(reason) <> ''),
  acknowledged_by uuid default auth.uid() references auth.users on delete set null,
  acknowledged_by_name public.long_text not null default private.my_name(),
  created_at timestamptz not null default now(),
  unique (team_id, limit_id, run_id),
  foreign key (team_id, limit_id) references public.limits (team_id, id) on delete cascade,
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index limit_acknowledgements_run on public.limit_acknowledgements (team_id, run_id);
create index limit_acknowledgements_by on public.limit_acknowledgements (acknowledged_by);
comment on table public.limit_acknowledgements is 'Who saw the breach of a limit in a run, and what they said of it. Never changed.';
comment on column public.limit_acknowledgements.created_at is 'UTC.';

alter table public.limit_acknowledgements enable row level security;
alter table public.limit_acknowledgements force row level security;
revoke all on public.limit_acknowledgements from public, anon, authenticated;
grant select, insert (team_id, limit_id, run_id, reason) on public.limit_acknowledgements to authenticated;
create policy limit_acknowledgements_select on public.limit_acknowledgements for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy limit_acknowledgements_insert on public.limit_acknowledgements for insert to authenticated
  with check (team_id = any (array(select private.my_teams('approver'))) and acknowledged_by = (select auth.uid()));
