-- A scenario built on a page, completed for every factor of a large book, is longer than one written by hand.

alter table public.scenarios drop constraint scenarios_definition_check;
alter table public.scenarios add constraint scenarios_definition_check check (
  jsonb_typeof(definition) = 'object' and (definition ? 'window') <> (definition ? 'shocks')
  and pg_column_size(definition) <= 65536
);
