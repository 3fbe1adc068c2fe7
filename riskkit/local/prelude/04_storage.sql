-- Storage: buckets and the names of objects, which policies decide on as on hosted; and, hosted has an object store for
-- that, their bytes: in Postgres, so that a name and its content commit together, outlive a crash and are in a backup.
create schema storage authorization postgres;
grant usage on schema storage to anon, authenticated, service_role;

create table storage.buckets (
  id text primary key,
  name text not null unique,
  owner uuid,
  public boolean not null default false,
  file_size_limit bigint,
  allowed_mime_types text[],
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create table storage.objects (
  id uuid primary key default gen_random_uuid(),
  bucket_id text not null references storage.buckets,
  name text not null,
  owner_id text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (bucket_id, name)
);
-- Nobody but the gateway, acting as service_role once a policy on storage.objects has said yes.
create table storage.contents (
  object_id uuid primary key references storage.objects on delete cascade,
  body bytea not null
);
alter table storage.contents alter column body set storage external; -- reports are compressed, or sent in parts

create function storage.foldername(name text) returns text[] language sql immutable as $$
  select (string_to_array(name, '/'))[1:cardinality(string_to_array(name, '/')) - 1]
$$;

alter table storage.buckets owner to postgres;
alter table storage.objects owner to postgres;
alter table storage.contents owner to postgres;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
-- No truncate: no policy is asked about it.
grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated, service_role;
grant select, insert, update on storage.contents to service_role;
