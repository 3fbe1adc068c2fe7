-- Report runs: what was computed, from which inputs. Members read; writing goes through record_run, whole or not at all.

create table public.report_runs (
  id uuid primary key,
  team_id uuid not null,
  portfolio_id uuid not null,
  report public.slug not null,
  notebook public.slug not null,
  -- Days and times that every reader can say; infinity and years of five digits are none.
  as_of date not null check (as_of between '0001-01-01' and '9999-12-31'),
  run_at timestamptz not null check (run_at between '1970-01-01 00:00Z' and '9999-12-30 00:00Z'),
  official boolean not null default false,
  status text not null default 'succeeded' check (status in ('succeeded', 'failed')),
  parameters jsonb not null check (jsonb_typeof(parameters) = 'object' and pg_column_size(parameters) <= 65536),
  overrides jsonb not null default '{}' check (jsonb_typeof(overrides) = 'object' and pg_column_size(overrides) <= 65536),
  inputs jsonb not null check (jsonb_typeof(inputs) = 'object' and pg_column_size(inputs) <= 65536),
  code jsonb not null check (jsonb_typeof(code) = 'object' and pg_column_size(code) <= 65536),
  packages jsonb not null check (jsonb_typeof(packages) = 'object' and pg_column_size(packages) <= 65536),
  seed numeric(20) check (seed >= 0),
  author uuid references auth.users on delete set null,
  recorded_by uuid references auth.users on delete set null,
  recorded_at timestamptz not null default now(),
  unique (team_id, id),
  foreign key (team_id, portfolio_id) references public.portfolios (team_id, id)
);
create index report_runs_book on public.report_runs (team_id, portfolio_id, report, run_at desc);
create index report_runs_author on public.report_runs (author);
create index report_runs_recorded_by on public.report_runs (recorded_by);
comment on table public.report_runs is 'One execution of a report. A row is there only with all its metrics and artifacts, and never changes.';
comment on column public.report_runs.as_of is 'Valuation date.';
comment on column public.report_runs.run_at is 'When it was computed, UTC.';
comment on column public.report_runs.official is 'False for a run that a person started for themselves.';
comment on column public.report_runs.parameters is 'Every parameter with its value.';
comment on column public.report_runs.overrides is 'Parameters that differ from the report''s file: name to {"file", "run"}.';
comment on column public.report_runs.inputs is 'sha256 of each frozen input file.';
comment on column public.report_runs.code is 'Version, commit, and whether the tree had uncommitted changes.';
comment on column public.report_runs.packages is 'Version of each package that computes.';
comment on column public.report_runs.seed is 'Of the random numbers; null if none were drawn.';
comment on column public.report_runs.author is 'Who asked for it: the user who ran it, who requested it, or who last edited its schedule. They cannot approve it.';
comment on column public.report_runs.recorded_by is 'Who recorded it; null for the service.';
comment on column public.report_runs.recorded_at is 'When it was recorded, UTC.';

alter table public.report_runs enable row level security;
alter table public.report_runs force row level security;
revoke all on public.report_runs from public, anon, authenticated;
grant select on public.report_runs to authenticated;
create policy report_runs_select on public.report_runs for select to authenticated
  using (team_id = any (array(select private.my_teams())));
