-- Every row returned is a fault of the schema: what it is, and where.
with
t as (  -- tables of the exposed schema
  select c.oid, c.oid::regclass::text as name, c.relrowsecurity, c.relforcerowsecurity, c.relkind
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
),
p as (  -- their policies
  select y.*, t.name, pg_get_expr(y.polqual, y.polrelid) as using_, pg_get_expr(y.polwithcheck, y.polrelid) as check_
  from pg_policy y join t on t.oid = y.polrelid
),
f as (  -- functions of both schemas; those of a range type are Postgres' own
  select f.*, f.oid::regprocedure::text as name, n.nspname
  from pg_proc f join pg_namespace n on n.oid = f.pronamespace
  where n.nspname in ('public', 'private') and f.prolang <> (select oid from pg_language where lanname = 'internal')
),
allowed (name) as (  -- what a signed-in user may execute: functions.txt
  select unnest(string_to_array(current_setting('catalogue.functions'), E'\n'))
)
select 'T1 row-level security is not enabled and forced' as fault, name as at
from t where not (relrowsecurity and relforcerowsecurity)
union all
select 'T2 anonymous or everybody has a privilege', c.oid::regclass || ' ' || r.role || ' ' || v.privilege
from pg_class c
cross join (values ('anon'), ('public')) r(role)
cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) v(privilege)
where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm')
  and has_table_privilege(r.role, c.oid, v.privilege)
union all
select 'T2 anonymous or everybody has a column', c.oid::regclass || ' ' || v.privilege
from pg_class c cross join unnest(array['SELECT', 'INSERT', 'UPDATE']) v(privilege)
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
  and has_any_column_privilege('anon', c.oid, v.privilege)
union all
select 'T3 a grant without a policy', t.name || ' ' || v.privilege
from t cross join (values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) v(privilege, command)
where case v.privilege when 'DELETE' then has_table_privilege('authenticated', t.oid, 'DELETE')
    else has_any_column_privilege('authenticated', t.oid, v.privilege) end
  and not exists (select from p where p.polrelid = t.oid and p.polpermissive and p.polcmd::text in (v.command, '*'))
union all
select 'T4 truncate, references or trigger is granted', t.name || ' ' || v.privilege
from t cross join unnest(array['TRUNCATE', 'REFERENCES', 'TRIGGER']) v(privilege)
where has_table_privilege('authenticated', t.oid, v.privilege)
union all
select 'T5 a writing policy without WITH CHECK', name || ' ' || polname
from p where polpermissive and (polcmd in ('a', 'w') and check_ is null or polcmd = 'w' and using_ is null)
union all
select 'T5 a policy for all commands', name || ' ' || polname from p where polpermissive and polcmd = '*'
union all
select 'T6 a policy for everybody', name || ' ' || polname
from p where polroles <> array['authenticated'::regrole::oid]
union all
select 'T7 a policy that is always true', name || ' ' || polname
from p where polpermissive and (using_ in ('true', '(1 = 1)') or check_ in ('true', '(1 = 1)'))
union all
select 'T7 a permissive policy that does not ask my_teams', name || ' ' || polname
from p where polpermissive and (
  using_ is not null and using_ not like '%ANY (ARRAY( SELECT private.my_teams(%' and using_ not like '%ANY (ARRAY( SELECT my_teams%'
  or check_ is not null and check_ not like '%ANY (ARRAY( SELECT private.my_teams(%' and check_ not like '%ANY (ARRAY( SELECT my_teams%'
)
union all
select 'T8 an auth call for every row', name || ' ' || polname
from p
where regexp_replace(coalesce(using_, '') || coalesce(check_, ''), 'SELECT (auth\.(uid|jwt|role)|private\.has_aal2)\(\)', '', 'gi')
  ~ '(auth\.(uid|jwt|role)|has_aal2)\(\)'
union all
select 'T9 two permissive policies for one command', name || ' ' || polcmd::text
from p where polpermissive group by name, polrelid, polcmd, polroles having count(*) > 1
union all
select 'T10 search_path can be moved', name
from f where not exists (select from unnest(coalesce(proconfig, '{}')) s where s = 'search_path=""')
union all
select 'T11 a definer function is exposed', name from f where nspname = 'public' and prosecdef
union all
select 'T12 anonymous may execute', name from f where has_function_privilege('anon', oid, 'EXECUTE')
union all
select 'T12 users may execute what is not on the list', name
from f where has_function_privilege('authenticated', oid, 'EXECUTE') and name not in (select name from allowed)
union all
select 'T12 on the list and not executable', name
from allowed
where to_regprocedure(name) is null or not has_function_privilege('authenticated', to_regprocedure(name), 'EXECUTE')
union all
select 'T12 anonymous may use the private schema', 'private' where has_schema_privilege('anon', 'private', 'USAGE')
union all
select 'T13 a view does not run as its reader', c.oid::regclass::text
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'v'
  and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on'], false)
union all
select 'T14 a foreign key without index', k.conrelid::regclass || ' ' || k.conname
from pg_constraint k join t on t.oid = k.conrelid
where k.contype = 'f' and not exists (
  select from pg_index i
  where i.indrelid = k.conrelid
    and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
    and k.conkey @> (i.indkey::int2[])[0:cardinality(k.conkey) - 1]
)
union all
select 'T15 no index begins with the team', t.name
from t join pg_attribute a on a.attrelid = t.oid and a.attname = 'team_id'
where not exists (select from pg_index i where i.indrelid = t.oid and i.indkey[0] = a.attnum)
union all
select 'T16 no primary key', t.name
from t where not exists (select from pg_index i where i.indrelid = t.oid and i.indisprimary)
union all
select 'T17 a materialised view, which knows no policies', c.oid::regclass::text
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'm'
union all
select 'T18 users can be told apart by nothing but their say-so', name || ' ' || polname
from p where coalesce(using_, '') || coalesce(check_, '') ~ 'user_metadata|app_metadata|jwt\(\)\)? ->> ''role'''
union all
select 'T19 no comment', t.name || coalesce('.' || a.attname, '')
from t left join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
  and (a.atttypid in ('numeric'::regtype, 'float8'::regtype, 'date'::regtype, 'timestamptz'::regtype, 'jsonb'::regtype))
where obj_description(t.oid, 'pg_class') is null or a.attnum is not null and col_description(t.oid, a.attnum) is null
union all
select 'T20 a value without bounds', t.name || '.' || a.attname
from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
join pg_type y on y.oid = a.atttypid
where coalesce(nullif(y.typbasetype, 0), y.oid) in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype,
    'json'::regtype, 'jsonb'::regtype, 'numeric'::regtype, 'float8'::regtype, 'float4'::regtype)
  -- A check of this column alone, or of its domain: one that compares columns bounds none of them.
  and not exists (
    select from pg_constraint k
    where k.contype = 'c' and (k.contypid = y.oid or k.conrelid = t.oid and k.conkey = array[a.attnum])
      and (y.typcategory <> 'S' or pg_get_constraintdef(k.oid) ~ 'char_length\(|octet_length\(|= ANY \(|~ ''\^')
  )
union all
select 'T21 a trigger is switched off', t.name || ' ' || g.tgname
from t join pg_trigger g on g.tgrelid = t.oid
where g.tgenabled in ('D', 'R')
union all
select 'T21 the audit log may be changed', w.what
from (values ('update', 16), ('delete', 8), ('truncate', 32)) w(what, bit)
where not exists (
  select from pg_trigger g
  where g.tgrelid = 'public.audit_log'::regclass and g.tgenabled = 'A' and g.tgfoid = 'private.audit_block()'::regprocedure
    and g.tgtype & 2 = 2 and g.tgtype & w.bit <> 0
)
union all
select 'T22 users reach a table of the private schema', c.oid::regclass || ' ' || v.privilege
from pg_class c cross join unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) v(privilege)
where c.relnamespace = 'private'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')
  and has_table_privilege('authenticated', c.oid, v.privilege)
union all
select 'T23 the service can rewrite the audit log', v.privilege
from unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) v(privilege)
where has_table_privilege('service_role', 'public.audit_log', v.privilege)
union all
select 'T24 a definer function does not ask who calls', name
from f
where prosecdef and has_function_privilege('authenticated', oid, 'EXECUTE')
  and pg_get_functiondef(oid) !~ 'private\.my_teams\(|auth\.uid\(\)|private\.(job|run)_to_change\('
union all
select 'T25 a policy of files or live updates that is not for members', y.polrelid::regclass || ' ' || y.polname
from pg_policy y
where y.polrelid in (select to_regclass(n) from unnest(array['storage.objects', 'storage.buckets', 'realtime.messages']) n)
  and (y.polroles <> array['authenticated'::regrole::oid] or not y.polpermissive or exists (
    select from (values (pg_get_expr(y.polqual, y.polrelid)), (pg_get_expr(y.polwithcheck, y.polrelid))) e(expression)
    where e.expression not like '%my_teams(%' or regexp_replace(e.expression, 'SELECT auth\.\w+\(\)', '', 'g') ~ 'auth\.\w+\('
  ))
union all
select 'T25 files or live updates without row-level security', c.oid::regclass::text
from pg_class c
where c.oid in (select to_regclass(n) from unnest(array['storage.objects', 'storage.buckets', 'realtime.messages']) n)
  and not c.relrowsecurity
union all
select 'T25 a bucket is public', b.id from storage.buckets b where b.public
union all
select 'T26 an update sees other rows than it may leave', name || ' ' || polname
from p where polcmd = 'w' and using_ is distinct from check_
order by 1, 2
