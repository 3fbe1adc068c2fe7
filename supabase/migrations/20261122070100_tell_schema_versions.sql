-- Everybody who is signed in may know which migrations the database has: a command of a newer project says so, in words.

create or replace function private.schema_versions() returns text[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(m.version order by m.version), '{}') from supabase_migrations.schema_migrations m
  where auth.uid() is not null or private.acting_role() <> 'authenticated'
$$;
grant execute on function private.schema_versions() to authenticated;
grant execute on function public.schema_versions() to authenticated;
comment on function public.schema_versions is 'The versions of the migrations that were applied, in order. For whoever is signed in.';
