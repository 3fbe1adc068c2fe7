-- The roles, schemas and default privileges a hosted Supabase project starts with; run once as the superuser.
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role authenticator login noinherit;
create role supabase_auth_admin login noinherit;
create role postgres login createdb createrole replication bypassrls;

grant anon, authenticated, service_role to authenticator;
grant anon, authenticated, service_role to postgres with admin option;

-- The gateway applies these per request, as hosted's REST server does: a role's settings do not follow SET ROLE.
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role service_role set statement_timeout = '60s';
alter role authenticator set statement_timeout = '60s';
alter role authenticator set search_path = public, extensions;
alter role postgres set search_path = "$user", public, extensions;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;

alter database postgres owner to postgres;
revoke connect, temporary on database postgres from public;
grant connect on database postgres to authenticator, supabase_auth_admin;

grant usage on schema public to anon, authenticated, service_role;
grant all on schema public to postgres;
alter default privileges for role postgres in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;
alter default privileges for role postgres in schema public
  grant all on functions to postgres, anon, authenticated, service_role;

create schema supabase_migrations authorization postgres;
create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
alter table supabase_migrations.schema_migrations owner to postgres;
