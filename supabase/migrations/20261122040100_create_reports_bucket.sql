-- Files of reports: one private bucket, in which the first folder is the team's id.

insert into storage.buckets (id, name, public) values ('reports', 'reports', false);

-- Names are plain parts below the team's id, none beginning with a dot: a second wall behind Storage's own check.
create policy reports_select on storage.objects for select to authenticated
  using (
    bucket_id = 'reports'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams() t))
  );
create policy reports_insert on storage.objects for insert to authenticated
  with check (
    bucket_id = 'reports' and name ~ '^[0-9a-f-]{36}(/[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}){1,6}$'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  );
-- Only one's own files can be replaced: what the service wrote for an official report stays as it is.
create policy reports_update on storage.objects for update to authenticated
  using (
    bucket_id = 'reports' and owner_id = (select auth.uid())::text
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  )
  with check (
    bucket_id = 'reports' and name ~ '^[0-9a-f-]{36}(/[A-Za-z0-9_][A-Za-z0-9._ -]{0,99}){1,6}$'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('analyst') t))
  );
create policy reports_delete on storage.objects for delete to authenticated
  using (
    bucket_id = 'reports'
    and (storage.foldername(name))[1] = any (array(select t::text from private.my_teams('admin') t))
  );
