-- The gateway's own: a counter that every change of the public schema moves, so that its catalogue is never stale.
create schema gateway authorization supabase_admin;
grant usage on schema gateway to authenticator;
create table gateway.schema_version (version bigint not null);
insert into gateway.schema_version values (1);
grant select on gateway.schema_version to authenticator;

create function gateway.note_change() returns event_trigger language plpgsql security definer
set search_path = '' as $$
begin
  if tg_event = 'sql_drop' then
    if not exists (select from pg_catalog.pg_event_trigger_dropped_objects() where schema_name = 'public') then
      return;
    end if;
  elsif not exists (select from pg_catalog.pg_event_trigger_ddl_commands() where schema_name = 'public') then
    return;
  end if;
  update gateway.schema_version set version = version + 1;
end $$;
create event trigger gateway_ddl on ddl_command_end execute function gateway.note_change();
create event trigger gateway_drop on sql_drop execute function gateway.note_change();
