-- Texts inside a document are read by people too: no control, zero-width or direction-changing characters there either.
-- jsonb writes those below U+0020 as \u00.., all others as they are; tab and line feed (\t, \n) are allowed.

create domain public.visible_document as jsonb check (
  value::text !~ '[\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]'
  and value::text !~ '(^|[^\\])(\\\\)*\\(u00[01]|[bfr])'
);
comment on domain public.visible_document is 'A jsonb whose texts hold no invisible characters.';

alter table public.instruments add constraint instruments_terms_are_visible check (terms::public.visible_document is not null);
alter table public.scenarios
  add constraint scenarios_definition_is_visible check (definition::public.visible_document is not null);
alter table public.report_runs add constraint report_runs_are_visible check (
  parameters::public.visible_document is not null and inputs::public.visible_document is not null
  and code::public.visible_document is not null and packages::public.visible_document is not null
  and overrides::public.visible_document is not null
);
alter table public.run_metrics add constraint run_metrics_labels_are_visible check (labels::public.visible_document is not null);
