-- Run artifacts: the files of a run, addressed by content.

create table public.run_artifacts (
  team_id uuid not null,
  run_id uuid not null,
  name public.short_text not null,
  media_type text not null check (media_type ~ '^[a-z0-9]+/[a-z0-9.+-]{1,100}$'),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size bigint not null check (size >= 0),
  key public.short_text not null,
  primary key (run_id, name),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index run_artifacts_run on public.run_artifacts (team_id, run_id);
comment on table public.run_artifacts is 'Files a run left: notebook, HTML, tables.';
comment on column public.run_artifacts.name is 'Path inside the run''s directory.';
comment on column public.run_artifacts.sha256 is 'Of the content, lower-case hex.';
comment on column public.run_artifacts.size is 'Bytes.';
comment on column public.run_artifacts.key is 'Where the content is stored.';

alter table public.run_artifacts enable row level security;
alter table public.run_artifacts force row level security;
revoke all on public.run_artifacts from public, anon, authenticated;
grant select on public.run_artifacts to authenticated;
create policy run_artifacts_select on public.run_artifacts for select to authenticated
  using (team_id = any (array(select private.my_teams())));
