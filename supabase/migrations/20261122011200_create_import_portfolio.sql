-- A book from outside: all of it, from a day on, in one transaction.

create function private.team_to_write(p_team text) returns uuid
language plpgsql stable set search_path = '' as $$
declare
  v_team uuid;
  v_teams text;
begin
  select t.id into v_team from public.teams t where t.slug = p_team;
  if v_team is null then
    select coalesce(string_agg(t.slug, ', ' order by t.slug), 'you are in none') into v_teams from public.teams t;
    perform private.refuse('team', p_team, format('one of your teams (%s)', v_teams));
  end if;
  if current_user <> 'service_role' and v_team <> all (array(select private.my_teams('analyst'))) then
    raise exception using errcode = '42501',
      message = format('Your role in team %s is viewer: changing its data takes the role analyst.', p_team);
  end if;
  return v_team;
end $$;
comment on function private.team_to_write is 'The team of that slug, if the caller may change its data; says why not otherwise.';
grant execute on function private.team_to_write(text) to authenticated, service_role;

create function private.check_book(p_positions jsonb) returns void
language plpgsql stable set search_path = '' as $$
declare
  v_bad record;
begin
  if coalesce(jsonb_typeof(p_positions), 'null') <> 'array' or jsonb_array_length(p_positions) not between 1 and 10000 then
    perform private.refuse('positions', left(p_positions::text, 80), 'a list of 1 to 10000 positions');
  end if;
  for v_bad in
    select e.row, e.ordinality as line, e.row ->> 'symbol' as symbol
    from jsonb_array_elements(p_positions) with ordinality e(row, ordinality)
    where jsonb_typeof(e.row) <> 'object' or coalesce(e.row ->> 'symbol', '') = ''
    limit 1
  loop
    perform private.refuse('symbol', left(v_bad.row::text, 80), format('a symbol in position %s', v_bad.line));
  end loop;
  for v_bad in
    select e.row ->> 'symbol' as symbol, e.row ->> 'quantity' as quantity
    from jsonb_array_elements(p_positions) e(row)
    where case when jsonb_typeof(e.row -> 'quantity') = 'number'
      then abs((e.row ->> 'quantity')::numeric) >= 1e15 or scale((e.row ->> 'quantity')::numeric) > 30
      else true end
    limit 1
  loop
    perform private.refuse('quantity of ' || v_bad.symbol, v_bad.quantity, 'a finite number below 1e+15 in size');
  end loop;
  for v_bad in
    select e.row ->> 'symbol' as symbol from jsonb_array_elements(p_positions) e(row) group by 1 having count(*) > 1 limit 1
  loop
    perform private.refuse('positions', v_bad.symbol, 'each instrument once; merge its quantities');
  end loop;
end $$;
comment on function private.check_book is 'Refuse a list of positions that is empty, too long, ill-formed or names an instrument twice.';
grant execute on function private.check_book(jsonb) to authenticated, service_role;

create function private.write_instruments(p_team uuid, p_book uuid, p_valid_from date, p_positions jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_bad record;
begin
  -- `role` is what the request runs as; inside a definer function current_user no longer says it.
  if current_setting('role') <> 'service_role'
    and (p_team is null or p_team <> all (array(select private.my_teams('analyst')))) then
    raise exception using errcode = '42501', message = 'Changing a team''s instruments takes the role analyst.';
  end if;
  -- Otherwise another import could begin to hold an instrument between the question and the change.
  perform pg_advisory_xact_lock(hashtextextended(format('instruments %s', p_team), 0));
  select b.symbol, string_agg(distinct h.book, ', ') as books into v_bad
  from jsonb_to_recordset(p_positions) b(symbol text, asset_class text, currency text, terms jsonb)
  join public.instruments i on i.team_id = p_team and i.symbol = b.symbol
    and (i.asset_class, i.currency, i.terms) is distinct from (b.asset_class, b.currency, b.terms)
  cross join lateral (
    select format('%s/%s', t.slug, f.slug) || case when f.id = p_book then format(' before %s', p_valid_from) else '' end as book
    from public.positions p join public.portfolios f on f.id = p.portfolio_id join public.teams t on t.id = f.team_id
    where p.instrument_id = i.id and p.team_id = p_team and (p.valid_to is null or p.valid_to > p.valid_from)
      and (p.portfolio_id <> p_book or p.valid_from < p_valid_from)
  ) h
  group by b.symbol order by b.symbol limit 1;
  if found then
    perform private.refuse('symbol', v_bad.symbol,
      format('another symbol for changed terms: %s is held as it was by %s', v_bad.symbol, v_bad.books));
  end if;
  insert into public.instruments as own (team_id, symbol, asset_class, currency, sector, terms)
  select p_team, b.symbol, b.asset_class, b.currency, coalesce(b.sector, ''), b.terms
  from jsonb_to_recordset(p_positions) b(symbol text, asset_class text, currency text, sector text, terms jsonb)
  where exists (select from public.instruments o where o.team_id = p_team and o.symbol = b.symbol)
    or not exists (
      select from public.instruments s
      where s.team_id is null and s.symbol = b.symbol and s.asset_class = b.asset_class
        and s.currency = b.currency and s.sector = coalesce(b.sector, '') and s.terms = b.terms
    )
  on conflict (team_id, symbol) do update
    set asset_class = excluded.asset_class, currency = excluded.currency, sector = excluded.sector, terms = excluded.terms
    where (own.asset_class, own.currency, own.sector, own.terms)
      is distinct from (excluded.asset_class, excluded.currency, excluded.sector, excluded.terms);
end $$;
comment on function private.write_instruments is 'Give the team its own instrument wherever the shared one of that symbol is not the same; refuse other terms for one that another book, or this one before that day, holds. Checks the caller''s role by itself.';
grant execute on function private.write_instruments(uuid, uuid, date, jsonb) to authenticated, service_role;

create function public.import_portfolio(
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
  return to_jsonb(v_book) || jsonb_build_object('team', p_team, 'changed', v_ended, 'begun', v_begun);
end $$;
comment on function public.import_portfolio is 'Make this the book from p_valid_from on: versions that differ end there, new ones begin, later ones never count; before that day nothing changes. Analyst and up.';

create function private.book_rows(p_team uuid, p_positions jsonb) returns table (instrument_id uuid, quantity numeric)
language sql stable set search_path = '' as $$
  select distinct on (b.symbol) i.id, b.quantity
  from jsonb_to_recordset(p_positions) b(symbol text, quantity numeric)
  join public.instruments i on i.symbol = b.symbol and (i.team_id is null or i.team_id = p_team)
  order by b.symbol, i.team_id nulls last
$$;
comment on function private.book_rows is 'The list of positions with its instruments resolved: the team''s own first, then shared.';
grant execute on function private.book_rows(uuid, jsonb) to authenticated, service_role;
grant execute on function public.import_portfolio(text, text, text, text, jsonb, date) to authenticated;
