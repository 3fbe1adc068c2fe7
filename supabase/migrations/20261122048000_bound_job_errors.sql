-- Bounds that were missing, and live updates for what is said of a run and for limits.

alter table public.calculation_jobs add constraint calculation_jobs_errors_are_bounded
  check (jsonb_typeof(errors) = 'array' and octet_length(errors::text) <= 524288);
alter table public.run_artifacts add constraint run_artifacts_key_is_short check (char_length(key) = 67);

select private.broadcast_table('public.run_comments');
select private.broadcast_table('public.approvals');
select private.broadcast_table('public.limits');
select private.broadcast_table('public.limit_acknowledgements');
