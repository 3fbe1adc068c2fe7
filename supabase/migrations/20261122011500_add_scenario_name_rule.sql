-- A scenario's name is an identifier in parameters (`-p scenarios covid_2020,dollar_up_10`): no dashes, no leading digit.

alter table public.scenarios
  add constraint scenarios_name_is_an_identifier check (name ~ '^[a-z][a-z0-9_]*$');
