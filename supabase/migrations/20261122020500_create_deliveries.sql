-- Deliveries: who was sent which run, once each. The service writes; members see what became of it.

create table public.deliveries (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  run_id uuid not null,
  channel text not null check (channel in ('mail', 'webhook')),
  recipient public.short_text not null,
  status text not null default 'pending' check (status in ('pending', 'sent', 'failed')),
  attempts integer not null default 0 check (attempts between 0 and 1000),
  last_error public.long_text not null default '',
  created_at timestamptz not null default now(),
  sent_at timestamptz check ((sent_at is not null) = (status = 'sent')),
  -- The row is there before anything is sent: a worker that dies after sending does not make it be sent again.
  unique (run_id, channel, recipient),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index deliveries_run on public.deliveries (team_id, run_id);
create index deliveries_open on public.deliveries (created_at) where status = 'pending';
comment on table public.deliveries is 'One row a run, channel and recipient.';
comment on column public.deliveries.recipient is 'A mail address, or the name of a webhook; never its secret address.';
comment on column public.deliveries.created_at is 'UTC.';
comment on column public.deliveries.sent_at is 'When the other side accepted it, UTC.';

alter table public.deliveries enable row level security;
alter table public.deliveries force row level security;
revoke all on public.deliveries from public, anon, authenticated;
grant select on public.deliveries to authenticated;
create policy deliveries_select on public.deliveries for select to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))));
