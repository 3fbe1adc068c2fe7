-- Which migrations this database has: a worker of another version claims nothing, and a command of a newer project says so.

create function private.schema_versions() returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(m.version order by m.version), '{}') from supabase_migrations.schema_migrations m
  where auth.uid() is not null or private.acting_role() <> 'authenticated'
$$;
comment on function private.schema_versions is 'The versions of the migrations that were applied, in order.';
grant execute on function private.schema_versions() to authenticated, service_role;

create function public.schema_versions() returns text[]
language sql stable set search_path = '' as $$
  select private.schema_versions()
$$;
comment on function public.schema_versions is 'The versions of the migrations that were applied, in order. For whoever is signed in.';
grant execute on function public.schema_versions() to authenticated;
