-- Tags of portfolios: a report's file may name the books it is made for by one.

create function private.are_tags(p text[]) returns boolean
language sql immutable set search_path = '' as $$
  select coalesce(array_ndims(p), 1) = 1 and cardinality(p) <= 20
    and cardinality(p) = (select count(distinct t) from unnest(p) t where t ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
$$;
comment on function private.are_tags is 'At most 20 slugs, each once.';
grant execute on function private.are_tags(text[]) to authenticated, service_role;

alter table public.portfolios add column tags text[] not null default '{}' check (private.are_tags(tags));
comment on column public.portfolios.tags is 'Groups of its team''s books that it is in; `tag:<one of them>` in a report''s file means all of a group.';
grant insert (tags), update (tags) on public.portfolios to authenticated;
