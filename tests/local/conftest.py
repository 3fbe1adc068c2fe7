"""A stack on a small schema of its own, so that these tests say nothing of the product's tables."""

import uuid
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from supabase import Client, ClientOptions, create_client

from riskkit.local.client import service_client
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack

PASSWORD = "correct horse battery"

CONFIG = """
[api]
max_rows = 200
[auth]
jwt_expiry = 1200
refresh_token_reuse_interval = 1
minimum_password_length = 8
[auth.sessions]
timebox = "24h"
inactivity_timeout = "8h"
[auth.mfa]
max_enrolled_factors = 2
[auth.email]
max_frequency = "0s"
"""

SCHEMA = """
create type public.mood as enum ('calm', 'tense');
create table public.desks (
  id int primary key, title text not null, parent_id int references public.desks, mood public.mood default 'calm'
);
create table public.notes (
  id int generated always as identity primary key,
  owner uuid not null default auth.uid() references auth.users on delete cascade,
  desk_id int not null references public.desks,
  body text check (length(body) < 100),
  amount numeric(30, 10),
  level double precision,
  tags text[],
  extra jsonb,
  written_at timestamptz not null default now(),
  "odd name" text,
  unique (desk_id, body)
);
create table public.open_rows (id int primary key, value text, other text default 'usual');
alter table public.notes enable row level security;
alter table public.notes force row level security;
create policy own_rows on public.notes for all to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
revoke all on public.open_rows from anon;
create schema private;
create table private.hidden (id int);

create function public.add(a int, b int default 1) returns int language sql immutable as 'select a + b';
create function public.desks_from(low int) returns setof public.desks language sql stable
  as 'select * from public.desks where id >= low';
create function public.one_desk(which int) returns public.desks language sql stable
  as 'select * from public.desks where id = which';
create function public.series(n int) returns table (day date, level float8) language sql stable
  as 'select date ''2020-01-01'' + g, g / 3.0::float8 from generate_series(1, n) g';
create function public.words() returns setof text language sql stable as 'values (''a''), (''b'')';
create function public.nothing() returns void language sql as 'select 1';
create function public.echo(x jsonb) returns jsonb language sql immutable as 'select x';
create function public.total(xs float8[]) returns float8 language sql immutable as 'select sum(x) from unnest(xs) x';
create function public.history(days int, n int) returns table (name text, levels float8[]) language sql stable
  as 'select ''f'' || f, array(select f + sqrt(d) from generate_series(1, days) d) from generate_series(1, n) f';
create function public.write_open(i int) returns int language sql volatile
  as 'insert into public.open_rows (id) values (i) returning id';
create view public.writing_view as select public.write_open(77) as id;
create function public.refuse(state text) returns void language plpgsql
  as $$ begin raise exception using errcode = state, message = 'refused', detail = 'why', hint = 'how'; end $$;
create function public.setting(which text) returns text language sql stable as 'select current_setting(which, true)';
create function public.about_me() returns jsonb language sql stable as
  'select jsonb_build_object(''uid'', auth.uid(), ''role'', auth.role(), ''email'', auth.email(),
     ''jwt'', auth.jwt(), ''user'', current_user)';
create function public.sleep(seconds float8) returns void language sql as 'select pg_sleep(seconds)';
insert into public.desks values (1, 'Rates', null, 'calm'), (2, 'Equity', 1, 'tense'), (3, 'FX', 1, null);
"""


def make_project(folder: Path, schema: str = SCHEMA, config: str = CONFIG) -> Path:
    migrations = folder / "supabase" / "migrations"
    migrations.mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text(config)
    (migrations / "20260101000000_create_everything.sql").write_text(schema)
    return folder


@dataclass(frozen=True)
class User:
    """A signed-in user and their client."""

    id: str
    email: str
    client: Client


#: One pool of connections for every client of these tests, closed at their end.
CONNECTION = httpx.Client(timeout=60)


def anonymous_client(keys: Keys) -> Client:
    return create_client(keys.url, keys.anon_key, ClientOptions(auto_refresh_token=False, httpx_client=CONNECTION))


def sign_in(keys: Keys, email: str, password: str = PASSWORD) -> Client:
    client = anonymous_client(keys)
    client.auth.sign_in_with_password({"email": email, "password": password})
    return client


def new_user(keys: Keys) -> User:
    email = f"{uuid.uuid4().hex[:10]}@atlas.example"
    with service_client(keys) as service:
        made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
    return User(made.user.id, email, sign_in(keys, email))


@pytest.fixture(scope="module")
def own_stack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    running = Stack(folder / "home", make_project(folder / "project"))
    running.start(port=0)
    yield running
    running.remove()


@pytest.fixture(scope="module")
def keys(own_stack):
    return own_stack.keys()


@pytest.fixture(scope="module")
def service(keys):
    with service_client(keys) as client:
        yield client


@pytest.fixture(scope="module")
def anonymous(keys):
    return anonymous_client(keys)


@pytest.fixture(scope="module")
def alice(keys):
    return new_user(keys)


@pytest.fixture(scope="module")
def bob(keys):
    return new_user(keys)
