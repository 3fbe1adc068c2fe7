-- Ground rules of every later migration: nobody gets anything by default, and helpers live where PostgREST cannot see them.

-- Hosted Supabase hands every new object in `public` to anon and authenticated: each migration grants what it means to.
alter default privileges in schema public revoke all on tables from anon, authenticated;
alter default privileges in schema public revoke all on sequences from anon, authenticated;
alter default privileges in schema public revoke all on functions from anon, authenticated;
alter default privileges in schema public grant select, insert, update, delete on tables to service_role;
alter default privileges in schema public grant execute on functions to service_role;
-- PUBLIC's built-in right to execute goes only by the global form; the same line with `in schema` does nothing.
alter default privileges revoke execute on functions from public;

create schema private;
comment on schema private is 'Helpers of policies, triggers and rpcs. Never listed in the API''s schemas.';
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;

-- Texts are bounded and free of control, zero-width and direction-changing characters (riskkit/names.py says it first).
create domain public.slug as text
  check (value ~ '^[a-z0-9][a-z0-9_-]{0,62}$');
comment on domain public.slug is 'A name in an address: lower-case letters, digits, - and _; at most 63.';

create domain public.symbol as text
  check (value ~ '^[A-Za-z0-9^][A-Za-z0-9 ._/^=:&-]{0,62}$' and value = btrim(value));
comment on domain public.symbol is 'Name of an instrument or a risk factor: ASCII, never the beginning of a formula.';

create domain public.short_text as text
  check (
    char_length(value) between 1 and 200
    and value = btrim(value)
    and value is nfc normalized
    and value !~ '[\u0001-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]'
  );
comment on domain public.short_text is 'A text people read: 1 to 200 characters, NFC, none of them invisible.';

create domain public.long_text as text
  check (
    char_length(value) <= 4000
    and value !~ '[\u0001-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]'
  );
comment on domain public.long_text is 'A text of several lines: at most 4000 characters, tab and line feed allowed.';

create domain public.currency_code as text
  check (value ~ '^[A-Z]{3}$');
comment on domain public.currency_code is 'ISO 4217 code.';

-- An rpc refuses a value as the rest of riskkit does: field, value, expectation. PostgREST answers HTTP 422.
create function private.refuse(p_field text, p_value text, p_expected text) returns void
language plpgsql set search_path = '' as $$
begin
  raise exception using
    errcode = 'PT422',
    message = format('%s: got %L; expected %s', p_field, left(coalesce(p_value, 'null'), 120), p_expected),
    detail = jsonb_build_object('field', p_field, 'value', left(p_value, 120), 'expected', p_expected)::text;
end $$;
comment on function private.refuse is 'Raise PT422 with field, value and expectation as a sentence and as JSON in the detail.';
grant execute on function private.refuse(text, text, text) to authenticated, service_role;
