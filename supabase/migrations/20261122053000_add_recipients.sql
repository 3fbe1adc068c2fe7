-- To whom a schedule's reports go, and by when one must be there.

create function private.are_recipients(p text[]) returns boolean
language sql immutable set search_path = '' as $$
  select coalesce(array_ndims(p), 1) = 1 and cardinality(p) <= 100
    and cardinality(p) = (select count(distinct lower(r)) from unnest(p) r where char_length(r) <= 200 and (
      r ~ '^[a-z0-9][a-z0-9_-]{0,62}$'
      or r ~ '^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}([.][A-Za-z0-9-]{1,63}){1,7}$'
    ))
$$;
comment on function private.are_recipients is 'At most 100 mail addresses and names of webhooks, each once.';
grant execute on function private.are_recipients(text[]) to authenticated, service_role;

alter table public.schedules
  add column recipients text[] not null default '{}' check (private.are_recipients(recipients)),
  add column alarm_after_minutes integer check (alarm_after_minutes between 1 and 10080);
comment on column public.schedules.recipients is 'Mail addresses and names of the team''s webhooks; whether each may read is asked when it is sent. None: nobody is told anything.';
comment on column public.schedules.alarm_after_minutes is 'A report that is not there so many minutes after its slot is late, and said to be; null: grace_minutes.';
grant insert (recipients, alarm_after_minutes), update (recipients, alarm_after_minutes) on public.schedules to authenticated;

-- A recipient is an edit like any other: it is on record, and whoever made it is the author from then on.
create trigger edit_schedule_recipients before update of recipients, alarm_after_minutes
  on public.schedules for each row execute function private.edit_schedule();
