-- Realtime: messages that triggers send, and what a policy may ask about a channel. The gateway takes and passes them on.
create schema realtime authorization postgres;
grant usage on schema realtime to anon, authenticated, service_role, postgres;

create table realtime.messages (
  id uuid primary key default gen_random_uuid(),
  topic text not null,
  extension text not null,
  event text,
  payload jsonb,
  private boolean not null default false,
  inserted_at timestamptz not null default clock_timestamp()
);
alter table realtime.messages owner to postgres;
alter table realtime.messages enable row level security;
grant select on realtime.messages to anon, authenticated;
grant select, insert, delete on realtime.messages to service_role;

create function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language sql set search_path = '' as $$
  insert into realtime.messages (topic, extension, event, payload, private)
    values (send.topic, 'broadcast', send.event, send.payload, send.private)
$$;

-- For the gateway, which logs in as authenticator: a message to try the policies on, and those to pass on, oldest first.
create function realtime.probe(topic text) returns uuid language sql security definer set search_path = '' as $$
  insert into realtime.messages (topic, extension, event, private) values (probe.topic, 'broadcast', 'join', true)
  returning id
$$;
create function realtime.take() returns table (id uuid, topic text, event text, payload jsonb)
language sql security definer set search_path = '' as $$
  with taken as (delete from realtime.messages m returning m.*)
  select t.id, t.topic, t.event, t.payload from taken t where t.private order by t.inserted_at
$$;
alter function realtime.probe owner to postgres;
alter function realtime.take owner to postgres;
revoke execute on all functions in schema realtime from public;
grant execute on function realtime.send to postgres, service_role;
grant execute on function realtime.topic to public;
grant usage on schema realtime to authenticator;
grant execute on function realtime.probe, realtime.take to authenticator;
