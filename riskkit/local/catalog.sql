-- What the exposed schema holds, as one JSON object; its members are the fields of catalog.py's classes.
with tables as (
  select c.oid, c.relname as name,
    (select coalesce(json_object_agg(a.attname, format_type(a.atttypid, a.atttypmod) order by a.attnum), '{}')
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(json_agg(a.attname order by array_position(i.indkey::int2[], a.attnum)), '[]')
     from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
     where i.indrelid = c.oid and i.indisprimary) as primary_key
  from pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm', 'p', 'f')
), keys as (
  select f.conname as name, own.name as table, other.name as foreign_table,
    (select json_agg(json_build_array(a.attname, b.attname) order by k.place)
     from unnest(f.conkey, f.confkey) with ordinality as k (own, other, place)
       join pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.own
       join pg_attribute b on b.attrelid = f.confrelid and b.attnum = k.other) as pairs,
    exists (select from pg_index i where i.indrelid = f.conrelid and i.indisunique and i.indpred is null
      and i.indkey::int2[] <@ f.conkey) as is_unique
  from pg_constraint f join tables own on own.oid = f.conrelid join tables other on other.oid = f.confrelid
  where f.contype = 'f'
), functions as (
  select p.proname as name, p.pronargdefaults as defaults, p.proretset as returns_set,
    p.prorettype = 'void'::regtype as is_void, (select r.name from tables r where r.oid = t.typrelid) as table,
    t.typtype = 'c' or (p.prorettype = 'record'::regtype and p.proargmodes && '{o,b,t}') as is_composite,
    (select coalesce(json_object_agg(coalesce(arg.name, ''), format_type(arg.type, null) order by arg.place), '{}')
     from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
       with ordinality as arg (type, name, mode, place)
     where coalesce(arg.mode, 'i') in ('i', 'b', 'v')) as arguments
  from pg_proc p join pg_type t on t.oid = p.prorettype
  where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and t.typname not in ('trigger', 'event_trigger')
)
select json_build_object(
  'tables', (select coalesce(json_agg(t), '[]') from (select name, columns, primary_key from tables) t),
  'keys', (select coalesce(json_agg(k), '[]') from keys k),
  'functions', (select coalesce(json_agg(f), '[]') from functions f)
)
