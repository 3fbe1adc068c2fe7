with tables as (
  select c.oid, c.relname as name,
    (select json_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(a.attname order by k.place) from pg_index i, unnest(i.indkey) with ordinality as k (number, place), pg_attribute a
     where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.number) as primary_key
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f')
), keys as (
  select f.conname as name, f.conrelid, own.name as table_name, other.name as foreign_table,
    (select json_agg(a.attname order by k.place) from unnest(f.conkey) with ordinality as k (number, place), pg_attribute a
     where a.attrelid = f.conrelid and a.attnum = k.number) as columns,
    (select json_agg(a.attname order by k.place) from unnest(f.confkey) with ordinality as k (number, place), pg_attribute a
     where a.attrelid = f.confrelid and a.attnum = k.number) as foreign_columns,
    exists (select from pg_index i where i.indrelid = f.conrelid and i.indisunique and i.indpred is null
      and i.indkey::smallint[] <@ f.conkey) as is_unique
  from pg_constraint f join tables own on own.oid = f.conrelid join tables other on other.oid = f.confrelid
  where f.contype = 'f'
), functions as (
  select p.proname as name, p.pronargdefaults as defaults, p.proretset as returns_set,
    pg_catalog.format_type(p.prorettype, null) as returns, p.provariadic <> 0 as is_variadic,
    t.typtype = 'c' or (p.prorettype = 'record'::regtype and p.proargmodes && '{o,b,t}') as is_composite,
    (select r.name from tables r where r.oid = t.typrelid) as table_name,
    (select coalesce(json_agg(json_build_object('name', coalesce(arg.name, ''), 'type', pg_catalog.format_type(arg.type, null)) order by arg.place), '[]')
     from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
       with ordinality as arg (type, name, mode, place)
     where coalesce(arg.mode, 'i') in ('i', 'b', 'v')) as arguments
  from pg_proc p join pg_type t on t.oid = p.prorettype
  where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and t.typname not in ('trigger', 'event_trigger')
)
select json_build_object(
  'tables', (select coalesce(json_agg(tables), '[]') from tables),
  'keys', (select coalesce(json_agg(keys), '[]') from keys),
  'functions', (select coalesce(json_agg(functions), '[]') from functions)
)
