-- Auth, continued: second factors, secrets sent by mail, and Auth's own log.
create table auth.mfa_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  friendly_name text not null default '',
  factor_type text not null default 'totp' check (factor_type = 'totp'),
  status text not null default 'unverified' check (status in ('unverified', 'verified')),
  secret text not null,
  -- The last 30-second step whose code was accepted: no code works twice.
  last_step bigint not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, friendly_name)
);
create table auth.mfa_challenges (
  id uuid primary key default gen_random_uuid(),
  factor_id uuid not null references auth.mfa_factors on delete cascade,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  ip_address inet not null
);
create index mfa_challenges_factor_id on auth.mfa_challenges (factor_id);

-- One link of a kind a user; only its hash is kept, and a use or a new mail ends it.
create table auth.one_time_tokens (
  user_id uuid not null references auth.users on delete cascade,
  token_type text not null check (token_type in ('invite', 'recovery')),
  token_sha256 bytea not null unique,
  created_at timestamptz not null default now(),
  primary key (user_id, token_type)
);
create table auth.audit_log_entries (
  id uuid primary key default gen_random_uuid(),
  payload jsonb,
  created_at timestamptz not null default now(),
  ip_address text not null default ''
);

alter table auth.sessions add column factor_id uuid,
  alter column refreshed_at type timestamp using refreshed_at at time zone 'UTC';  -- as hosted has it

create function auth.factors(who uuid) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'friendly_name', friendly_name, 'factor_type', factor_type,
    'status', status, 'created_at', auth.stamp(created_at), 'updated_at', auth.stamp(updated_at))
    order by created_at, id), '[]')
  from auth.mfa_factors where user_id = who
$$;
create function auth.described(u auth.users) returns jsonb language sql stable as $$
  select auth.shown(u) || jsonb_build_object('factors', auth.factors(u.id),
    'invited_at', auth.stamp(u.invited_at), 'banned_until', auth.stamp(u.banned_until))
$$;
-- Metadata with changes: a null takes the name away.
create function auth.merged(old jsonb, new jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value) filter (where value <> 'null'), '{}') from jsonb_each(old || new)
$$;
revoke execute on function auth.factors, auth.described, auth.merged from public;
grant execute on function auth.factors, auth.described, auth.merged to supabase_auth_admin;

alter table auth.mfa_factors owner to supabase_auth_admin;
alter table auth.mfa_challenges owner to supabase_auth_admin;
alter table auth.one_time_tokens owner to supabase_auth_admin;
alter table auth.audit_log_entries owner to supabase_auth_admin;
grant select, insert, update, delete, references, trigger
  on auth.mfa_factors, auth.mfa_challenges, auth.one_time_tokens, auth.audit_log_entries to postgres;
