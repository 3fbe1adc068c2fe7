-- Run artifacts: the files of a run, addressed by content.

create table public.run_artifacts (
  team_id uuid not null,
  run_id uuid not null,
  name text not null check (
    char_length(name) <= 200 and name ~ '^[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}(/[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}){0,3}$'
  ),
  media_type text not null check (media_type ~ '^[a-z0-9]+/[a-z0-9.+-]{1,100}$'),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  size bigint not null check (size between 0 and 1099511627776),
  key text not null check (key = left(sha256, 2) || '/' || sha256),
  primary key (run_id, name),
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete cascade
);
create index run_artifacts_run on public.run_artifacts (team_id, run_id);
comment on table public.run_artifacts is 'Files a run left: notebook, HTML, tables.';
comment on column public.run_artifacts.name is 'Path inside the run''s directory; no part of it begins with a dot.';
comment on column public.run_artifacts.sha256 is 'Of the content, lower-case hex.';
comment on column public.run_artifacts.size is 'Bytes, at most a tebibyte.';
comment on column public.run_artifacts.key is 'Where the content is stored: nothing but its hash decides.';

alter table public.run_artifacts enable row level security;
alter table public.run_artifacts force row level security;
revoke all on public.run_artifacts from public, anon, authenticated;
grant select on public.run_artifacts to authenticated;
create policy run_artifacts_select on public.run_artifacts for select to authenticated
  using (team_id = any (array(select private.my_teams())));
