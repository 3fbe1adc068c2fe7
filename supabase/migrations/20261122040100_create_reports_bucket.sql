-- Files of reports: one private bucket, in which the first folder is the team's id.

insert into storage.buckets (id, name, public) values ('reports', 'reports', false);

-- The second wall behind Storage's own check of names: plain parts, none of them beginning with a dot.
create function private.is_report_file(p_name text) returns boolean
language sql immutable set search_path = '' as $$
  select p_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(/[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}){1,6}$'
$$;
comment on function private.is_report_file is 'The team''s id, then one to six parts of letters, digits, dot, dash, blank and _.';
grant execute on function private.is_report_file(text) to authenticated;

create policy reports_select on storage.objects for select to authenticated
  using (
    bucket_id = 'reports'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams() t))
  );
create policy reports_insert on storage.objects for insert to authenticated
  with check (
    bucket_id = 'reports' and private.is_report_file(name)
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  );
-- Only one's own files can be replaced: what the service wrote for an official report stays as it is.
create policy reports_update on storage.objects for update to authenticated
  using (
    bucket_id = 'reports' and owner_id = (select auth.uid())::text
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  )
  with check (
    bucket_id = 'reports' and private.is_report_file(name)
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  );
create policy reports_delete on storage.objects for delete to authenticated
  using (
    bucket_id = 'reports'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('admin') t))
  );
