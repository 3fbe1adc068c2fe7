-- Realtime: messages that triggers send, and what a policy may ask about a channel. The gateway listens and passes on.
create schema realtime authorization postgres;
grant usage on schema realtime to anon, authenticated, service_role, postgres;

create table realtime.messages (
  id uuid primary key default gen_random_uuid(),
  topic text not null,
  extension text not null,
  event text,
  payload jsonb,
  private boolean not null default false,
  inserted_at timestamptz not null default now()
);
create index messages_inserted_at on realtime.messages (inserted_at);
alter table realtime.messages owner to postgres;
alter table realtime.messages enable row level security;
grant select on realtime.messages to anon, authenticated;
grant select, insert, delete on realtime.messages to service_role;

create function realtime.topic() returns text language sql stable as $$
  select nullif(current_setting('realtime.topic', true), '')
$$;

-- A notification holds the message's id only: it may have no more than 8,000 bytes, and is sent when the change commits.
create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
language plpgsql set search_path = '' as $$
declare
  v_id uuid;
begin
  insert into realtime.messages (topic, extension, event, payload, private)
    values (send.topic, 'broadcast', send.event, send.payload, send.private) returning id into v_id;
  perform pg_catalog.pg_notify('realtime', v_id::text);
end $$;

-- For the gateway, which logs in as authenticator: a message to try the policies on, a message to pass on, and the end
-- of those that everybody has heard.
create function realtime.probe(topic text) returns uuid language sql security definer set search_path = '' as $$
  insert into realtime.messages (topic, extension, event, private) values (probe.topic, 'broadcast', 'join', true)
  returning id
$$;
create function realtime.message(id uuid) returns table (topic text, event text, payload jsonb)
language sql stable security definer set search_path = '' as $$
  select m.topic, m.event, m.payload from realtime.messages m where m.id = message.id and m.private
$$;
create function realtime.forget() returns void language sql security definer set search_path = '' as $$
  delete from realtime.messages where inserted_at < now() - interval '10 minutes'
$$;
alter function realtime.probe owner to postgres;
alter function realtime.message owner to postgres;
alter function realtime.forget owner to postgres;
revoke execute on all functions in schema realtime from public;
grant execute on function realtime.send to postgres, service_role;
grant execute on function realtime.topic to public;
grant usage on schema realtime to authenticator;
grant execute on function realtime.probe, realtime.message, realtime.forget to authenticator;
