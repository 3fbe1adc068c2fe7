-- Run metrics: the figures of a run, with units.

create table public.run_metrics (
  team_id uuid not null,
  run_id uuid not null,
  ordinal integer not null check (ordinal >= 0),
  name public.slug not null,
  value numeric not null check (abs(value) < 1e18),
  unit text not null check (unit ~ '^([A-Z]{3}|fraction|days|count)$'),
  labels jsonb not null default '{}' check (jsonb_typeof(labels) = 'object' and pg_column_size(labels) <= 2048),
  primary key (run_id, ordinal),
  unique (run_id, name, labels),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index run_metrics_run on public.run_metrics (team_id, run_id);
comment on table public.run_metrics is 'Losses positive for risk measures, gains positive for P&L.';
comment on column public.run_metrics.ordinal is 'Place in the run''s own list.';
comment on column public.run_metrics.value is 'In `unit`; risk measures: a loss is positive; P&L: a gain is positive.';
comment on column public.run_metrics.unit is 'A currency''s ISO 4217 code, fraction, days or count.';
comment on column public.run_metrics.labels is 'What the figure is of; empty for a headline figure.';

alter table public.run_metrics enable row level security;
alter table public.run_metrics force row level security;
revoke all on public.run_metrics from public, anon, authenticated;
grant select on public.run_metrics to authenticated;
create policy run_metrics_select on public.run_metrics for select to authenticated
  using (team_id = any (array(select private.my_teams())));
