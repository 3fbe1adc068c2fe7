-- Auth: who the users are, their sessions, second factors and secrets sent by mail, Auth's own log, and what a policy
-- may ask about the request.
create schema auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role, postgres;

create table auth.users (
  id uuid primary key default gen_random_uuid(),
  aud text not null default 'authenticated',
  role text not null default 'authenticated',
  email text not null check (email = lower(email)),
  encrypted_password text,
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb not null default '{"provider": "email", "providers": ["email"]}',
  raw_user_meta_data jsonb not null default '{}',
  banned_until timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  is_anonymous boolean not null default false
);
create unique index users_email_key on auth.users (email);

create table auth.identities (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  provider text not null default 'email',
  provider_id text not null,
  identity_data jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (provider, provider_id)
);
create index identities_user_id on auth.identities (user_id);

create table auth.sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users on delete cascade,
  created_at timestamptz not null default now(),
  refreshed_at timestamp, -- without a zone, as hosted has it
  aal text not null default 'aal1' check (aal in ('aal1', 'aal2')),
  amr jsonb not null default '[]',
  user_agent text,
  ip inet,
  factor_id uuid
);
create index sessions_user_id on auth.sessions (user_id);

-- Only a hash is kept: whoever reads this table cannot refresh anything.
create table auth.refresh_tokens (
  id bigint generated always as identity primary key,
  token_sha256 bytea not null unique,
  session_id uuid not null references auth.sessions on delete cascade,
  created_at timestamptz not null default now(),
  used_at timestamptz
);
create index refresh_tokens_session_id on auth.refresh_tokens (session_id);

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

-- A user as the client expects it; times as Auth writes them.
create function auth.stamp(moment timestamptz) returns text language sql immutable as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;
create function auth.factors(who uuid) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', id, 'friendly_name', friendly_name, 'factor_type', factor_type,
    'status', status, 'created_at', auth.stamp(created_at), 'updated_at', auth.stamp(updated_at))
    order by created_at, id), '[]')
  from auth.mfa_factors where user_id = who
$$;
create function auth.described(u auth.users) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'id', u.id, 'aud', u.aud, 'role', u.role, 'email', u.email, 'phone', '', 'is_anonymous', u.is_anonymous,
    'email_confirmed_at', auth.stamp(u.email_confirmed_at), 'confirmed_at', auth.stamp(u.email_confirmed_at),
    'last_sign_in_at', auth.stamp(u.last_sign_in_at), 'created_at', auth.stamp(u.created_at),
    'updated_at', auth.stamp(u.updated_at), 'app_metadata', u.raw_app_meta_data, 'user_metadata', u.raw_user_meta_data,
    'identities', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'provider', i.provider,
        'identity_data', i.identity_data, 'email', i.identity_data ->> 'email',
        'last_sign_in_at', auth.stamp(u.last_sign_in_at), 'created_at', auth.stamp(i.created_at),
        'updated_at', auth.stamp(i.updated_at)) order by i.created_at), '[]')
      from auth.identities i where i.user_id = u.id
    ),
    'factors', auth.factors(u.id), 'invited_at', auth.stamp(u.invited_at), 'banned_until', auth.stamp(u.banned_until))
$$;
-- Metadata with changes: a null takes the name away.
create function auth.merged(old jsonb, new jsonb) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value) filter (where value <> 'null'), '{}') from jsonb_each(old || new)
$$;
-- Whether a session is older than a session may be, or unused for longer; 0 is no bound.
create function auth.has_ended(s auth.sessions, timebox double precision, inactivity double precision) returns boolean
language sql stable as $$
  select (s.created_at <= now() - make_interval(secs => nullif(timebox, 0))
    or coalesce(s.refreshed_at at time zone 'UTC', s.created_at) <= now() - make_interval(secs => nullif(inactivity, 0))) is true
$$;
revoke execute on function auth.stamp, auth.factors, auth.described, auth.merged, auth.has_ended from public;
grant execute on function auth.stamp, auth.factors, auth.described, auth.merged, auth.has_ended
  to supabase_auth_admin;

create function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
$$;
create function auth.uid() returns uuid language sql stable as $$
  select nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')::uuid
$$;
create function auth.role() returns text language sql stable as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
$$;
create function auth.email() returns text language sql stable as $$
  select nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
$$;

alter table auth.users owner to supabase_auth_admin;
alter table auth.identities owner to supabase_auth_admin;
alter table auth.sessions owner to supabase_auth_admin;
alter table auth.refresh_tokens owner to supabase_auth_admin;
alter table auth.mfa_factors owner to supabase_auth_admin;
alter table auth.mfa_challenges owner to supabase_auth_admin;
alter table auth.one_time_tokens owner to supabase_auth_admin;
alter table auth.audit_log_entries owner to supabase_auth_admin;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set statement_timeout = '10s';
-- As on hosted: migrations refer to users and read them; the API's roles do not.
grant select, insert, update, delete, references, trigger on all tables in schema auth to postgres;
