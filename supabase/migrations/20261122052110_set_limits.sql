-- Setting a limit ends the version in force and begins the next, in one transaction. Invoker: the policies of `limits`
-- have the last word; the checks here only say in words what they would refuse.

create function private.check_may_limit(p_team uuid) returns void
language plpgsql stable set search_path = '' as $$
begin
  if p_team <> all (array(select private.my_teams('approver'))) then
    raise exception using errcode = '42501', message = 'Setting a limit takes the role approver in the portfolio''s team.';
  end if;
  if not (select private.has_aal2()) then
    raise exception using errcode = '42501', message = 'Setting a limit takes a second factor: set one up, and sign in with it.';
  end if;
end $$;
comment on function private.check_may_limit is 'Refuse, in words, whoever may not set limits in a team.';
grant execute on function private.check_may_limit(uuid) to authenticated;

create function public.set_limit(p_portfolio uuid, p_limit jsonb) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_new public.limits;
  v_old public.limits;
begin
  if coalesce(jsonb_typeof(p_limit), 'null') <> 'object' then
    perform private.refuse('limit', left(p_limit::text, 200), 'an object');
  end if;
  v_new := jsonb_populate_record(null::public.limits, p_limit);
  select p.team_id into v_new.team_id from public.portfolios p where p.id = p_portfolio;
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  perform private.check_may_limit(v_new.team_id);
  v_new.scope := coalesce(v_new.scope, 'portfolio');
  v_new.scope_value := coalesce(v_new.scope_value, '');
  v_new.basis := coalesce(v_new.basis, 'absolute');
  v_new.valid_from := coalesce(v_new.valid_from, current_date);
  select * into v_old from public.limits l
  where l.team_id = v_new.team_id and l.portfolio_id = p_portfolio and l.valid_to is null
    and (l.metric, l.scope, l.scope_value, l.basis) = (v_new.metric, v_new.scope, v_new.scope_value, v_new.basis);
  if found then
    if v_new.valid_from < v_old.valid_from then
      perform private.refuse('valid_from', v_new.valid_from::text,
        format('%s or later: the limit in force began then', v_old.valid_from));
    end if;
    update public.limits l set valid_to = v_new.valid_from where l.id = v_old.id;
  end if;
  insert into public.limits (team_id, portfolio_id, metric, scope, scope_value, basis, unit, soft, hard, note, valid_from)
  values (v_new.team_id, p_portfolio, v_new.metric, v_new.scope, v_new.scope_value, v_new.basis, v_new.unit, v_new.soft,
    v_new.hard, coalesce(v_new.note, ''), v_new.valid_from)
  returning id into v_new.id;
  return v_new.id;
end $$;
comment on function public.set_limit is 'A limit {metric, unit, soft, hard, scope, scope_value, basis, note, valid_from} of a book; the one in force on the same figure ends. Approver and up, with a second factor.';
grant execute on function public.set_limit(uuid, jsonb) to authenticated;

create function public.end_limit(p_limit uuid, p_valid_to date default current_date) returns void
language plpgsql set search_path = '' as $$
declare
  v_old public.limits;
begin
  select * into v_old from public.limits l where l.id = p_limit;
  if not found then
    perform private.refuse('limit', p_limit::text, 'the id of a limit that you may see');
  end if;
  perform private.check_may_limit(v_old.team_id);
  if v_old.valid_to is not null then
    perform private.refuse('limit', p_limit::text, format('a limit in force; this one ends on %s', v_old.valid_to));
  end if;
  if p_valid_to is null or p_valid_to < v_old.valid_from then
    perform private.refuse('valid_to', p_valid_to::text, format('a day from %s on, when it began', v_old.valid_from));
  end if;
  update public.limits l set valid_to = p_valid_to where l.id = p_limit;
end $$;
comment on function public.end_limit is 'The first day on which a limit no longer holds. Approver and up, with a second factor.';
grant execute on function public.end_limit(uuid, date) to authenticated;
