-- Edits of a book on a page: some of its positions, from a day on, if nobody changed it since it was read.

create function private.book_to_change(p_portfolio uuid, p_revision bigint) returns public.portfolios
language plpgsql set search_path = '' as $$
declare
  v_book public.portfolios;
  v_now bigint;
begin
  select * into v_book from public.portfolios p where p.id = p_portfolio;
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  if v_book.team_id <> all (array(select private.my_teams('analyst'))) then
    raise exception using errcode = '42501', message = 'Changing positions takes the role analyst in the portfolio''s team.';
  end if;
  perform private.lock_positions(p_portfolio);
  select coalesce(max(c.revision), 0) into v_now from public.position_changes c where c.portfolio_id = p_portfolio;
  if p_revision is distinct from v_now then
    raise exception using errcode = 'PT409',
      message = format('%s is at revision %s, what you read was %s', v_book.slug, v_now, coalesce(p_revision::text, 'none'));
  end if;
  return v_book;
end $$;
comment on function private.book_to_change is 'The book, if the caller may change it and had read what it is now; nobody else changes it until the transaction ends.';
grant execute on function private.book_to_change(uuid, bigint) to authenticated;

create function private.check_changes(p_changes jsonb) returns void
language plpgsql stable set search_path = '' as $$
begin
  if coalesce(jsonb_typeof(p_changes), 'null') <> 'array' then
    perform private.refuse('changes', left(p_changes::text, 80), 'a list of 1 to 10000 changes');
  end if;
  if exists (select from jsonb_array_elements(p_changes) c
    where jsonb_typeof(c) <> 'object' or not c ? 'symbol' or not c ? 'quantity') then
    perform private.refuse('changes', left(p_changes::text, 80), 'a symbol and a quantity in each; null: no longer held');
  end if;
  -- What ends needs no quantity; the rest is looked at as in a whole book.
  perform private.check_book((
    select jsonb_agg(case when c -> 'quantity' = 'null' then c || '{"quantity": 0}' else c end)
    from jsonb_array_elements(p_changes) c
  ));
end $$;
comment on function private.check_changes is 'Refuse a list of changes that is empty, too long, ill-formed or names an instrument twice.';
grant execute on function private.check_changes(jsonb) to authenticated;

create function public.change_positions(p_portfolio uuid, p_revision bigint, p_valid_from date, p_changes jsonb)
returns bigint
language plpgsql set search_path = '' as $$
declare
  v_book public.portfolios;
  v_given jsonb;
  v_bad text;
begin
  v_book := private.book_to_change(p_portfolio, p_revision);
  perform private.check_changes(p_changes);
  if p_valid_from is null or not isfinite(p_valid_from) then
    perform private.refuse('valid_from', p_valid_from::text, 'a date');
  end if;
  select jsonb_agg(c) into v_given from jsonb_array_elements(p_changes) c where c ? 'terms';
  if v_given is not null then
    perform private.write_instruments(v_book.team_id, v_book.id, p_valid_from, v_given);
  end if;
  -- Without terms, the instrument that the book holds goes before others of its symbol.
  select jsonb_agg(jsonb_build_object('symbol', g.symbol, 'quantity', g.quantity, 'instrument', coalesce(
    case when g.terms is not null then r.instrument_id end, (select p.instrument_id from public.positions p join public.instruments i on i.id = p.instrument_id
      where p.portfolio_id = v_book.id and p.team_id = v_book.team_id and i.symbol = g.symbol
        and (p.valid_to is null or p.valid_to > p_valid_from) and p.valid_to is distinct from p.valid_from
      order by p.valid_from limit 1), r.instrument_id))) into v_given
  from jsonb_to_recordset(p_changes) g(symbol text, quantity numeric, terms jsonb)
  left join lateral (
    select i.id as instrument_id from public.instruments i
    where i.symbol = g.symbol and (i.team_id is null or i.team_id = v_book.team_id) order by i.team_id nulls last limit 1
  ) r on true;
  select g.symbol into v_bad from jsonb_to_recordset(v_given) g(symbol text, instrument uuid)
  where g.instrument is null order by g.symbol limit 1;
  if found then
    perform private.refuse('symbol', v_bad, 'an instrument that is shared or the team''s own');
  end if;

  perform private.call_change('edit');
  update public.positions p set valid_to = greatest(p.valid_from, p_valid_from)
  from jsonb_to_recordset(v_given) g(symbol text, quantity numeric, instrument uuid), public.instruments i
  where i.id = p.instrument_id and i.symbol = g.symbol and p.portfolio_id = v_book.id and p.team_id = v_book.team_id
    and (p.valid_to is null or p.valid_to > p_valid_from) and p.valid_to is distinct from p.valid_from
    and not (p.valid_from <= p_valid_from and p.valid_to is null and p.instrument_id = g.instrument
      and g.quantity is not distinct from p.quantity);
  insert into public.positions (team_id, portfolio_id, instrument_id, quantity, valid_from)
  select v_book.team_id, v_book.id, g.instrument, g.quantity, p_valid_from
  from jsonb_to_recordset(v_given) g(quantity numeric, instrument uuid)
  where g.quantity is not null and not exists (
    select from public.positions p
    where p.portfolio_id = v_book.id and p.team_id = v_book.team_id and p.instrument_id = g.instrument and p.valid_to is null
  );
  perform private.call_change(null);
  return (select max(c.revision) from public.position_changes c where c.portfolio_id = v_book.id);
end $$;
comment on function public.change_positions is 'Hold these quantities (null: none) from p_valid_from on, all or nothing; what those symbols were to be later never counts, the rest of the book stays. A change with terms, as for import_portfolio, makes its instrument the team''s own. Answers the new revision; PT409 if it is no longer at p_revision. Analyst and up.';
grant execute on function public.change_positions(uuid, bigint, date, jsonb) to authenticated;

create function public.undo_positions(p_portfolio uuid, p_revision bigint) returns bigint
language plpgsql set search_path = '' as $$
declare
  v_book public.portfolios;
  v_moves jsonb;
begin
  v_book := private.book_to_change(p_portfolio, p_revision);
  select c.moves into v_moves from public.position_changes c
  where c.portfolio_id = v_book.id and c.revision = p_revision;
  if v_moves is null then
    perform private.refuse('revision', p_revision::text, 'a change; there is none yet');
  end if;
  perform private.call_change('undo', p_revision);
  -- What began never counts, an end that moved on moves back; where one moved forward, the rest is held again.
  update public.positions p
  set valid_to = case when m.moved then m.until_before else p.valid_from end
  from (
    select (e ->> 'position')::uuid as id, e ? 'until_before' as moved,
      (e ->> 'until')::date as until, (e ->> 'until_before')::date as until_before
    from jsonb_array_elements(v_moves) e
  ) m
  where p.id = m.id and p.portfolio_id = v_book.id and p.team_id = v_book.team_id
    and (not m.moved or coalesce(m.until, 'infinity') > coalesce(m.until_before, 'infinity'));
  insert into public.positions (team_id, portfolio_id, instrument_id, quantity, valid_from, valid_to)
  select v_book.team_id, v_book.id, p.instrument_id, p.quantity, (e ->> 'until')::date, (e ->> 'until_before')::date
  from jsonb_array_elements(v_moves) e
  join public.positions p on p.id = (e ->> 'position')::uuid and p.portfolio_id = v_book.id
  where e ? 'until_before' and coalesce((e ->> 'until')::date, 'infinity') < coalesce((e ->> 'until_before')::date, 'infinity');
  perform private.call_change(null);
  return (select max(c.revision) from public.position_changes c where c.portfolio_id = v_book.id);
end $$;
comment on function public.undo_positions is 'Take back the last change of a book, whatever it was, by a change of its own; undone again, it stands again. PT409 if p_revision is not the last one. Analyst and up.';
grant execute on function public.undo_positions(uuid, bigint) to authenticated;

create function public.position_history(p_portfolio uuid, p_since bigint default 0, p_limit integer default 50)
returns table (revision bigint, kind text, undoes bigint, valid_from date, made_by_name text, made_at timestamptz,
  moves jsonb, count integer)
language sql stable set search_path = '' as $$
  select c.revision, c.kind, c.undoes, c.valid_from, c.made_by_name, c.made_at,
    jsonb_path_query_array(c.moves, '$[0 to 399]'), jsonb_array_length(c.moves)
  from public.position_changes c
  where c.portfolio_id = p_portfolio and c.revision > coalesce(p_since, 0)
  order by c.revision desc limit least(greatest(p_limit, 1), 200)
$$;
comment on function public.position_history is 'Changes of a book after a revision, the last one first, each with its first 400 moves and how many there are.';
grant execute on function public.position_history(uuid, bigint, integer) to authenticated;

create or replace function public.import_portfolio(
  p_team text, p_slug text, p_title text, p_base_currency text, p_positions jsonb, p_valid_from date
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_team uuid := private.team_to_write(p_team);
  v_book public.portfolios;
  v_ended integer;
  v_begun integer;
begin
  perform private.check_book(p_positions);
  if p_valid_from is null or not isfinite(p_valid_from) then
    perform private.refuse('valid_from', p_valid_from::text, 'a date');
  end if;
  -- Imports of the same book wait for each other; the last one stands.
  perform pg_advisory_xact_lock(hashtextextended(format('book %s/%s', v_team, p_slug), 0));
  select * into v_book from public.portfolios p where p.team_id = v_team and p.slug = p_slug;
  if not found then
    insert into public.portfolios (team_id, slug, title, base_currency)
    values (v_team, p_slug, p_title, p_base_currency) returning * into v_book;
  elsif v_book.base_currency <> p_base_currency then
    perform private.refuse('base_currency', p_base_currency,
      format('%s, which %s/%s has had from the beginning', v_book.base_currency, p_team, p_slug));
  elsif v_book.title <> p_title then
    update public.portfolios set title = p_title where id = v_book.id returning * into v_book;
  end if;

  perform private.write_instruments(v_team, v_book.id, p_valid_from, p_positions);
  perform private.lock_positions(v_book.id);
  perform private.call_change('import');
  -- Versions that would have begun later never come to count.
  update public.positions set valid_to = valid_from
  where portfolio_id = v_book.id and team_id = v_team and valid_from > p_valid_from
    and (valid_to is null or valid_to > valid_from);
  with book as (select * from private.book_rows(v_team, p_positions))
  update public.positions p
  set valid_to = case when b.instrument_id is null then p_valid_from end
  from public.positions q left join book b on b.instrument_id = q.instrument_id and b.quantity = q.quantity
  where q.id = p.id and p.portfolio_id = v_book.id and p.team_id = v_team
    and p.valid_from <= p_valid_from and (p.valid_to is null or p.valid_to > p_valid_from)
    and (b.instrument_id is null or p.valid_to is not null);
  get diagnostics v_ended = row_count;
  insert into public.positions (team_id, portfolio_id, instrument_id, quantity, valid_from)
  select v_team, v_book.id, b.instrument_id, b.quantity, p_valid_from
  from private.book_rows(v_team, p_positions) b
  where not exists (
    select from public.positions p
    where p.portfolio_id = v_book.id and p.team_id = v_team and p.instrument_id = b.instrument_id
      and p.valid_from <= p_valid_from and p.valid_to is null
  );
  get diagnostics v_begun = row_count;
  perform private.call_change(null);
  return to_jsonb(v_book) || jsonb_build_object('team', p_team, 'changed', v_ended, 'begun', v_begun);
end $$;
