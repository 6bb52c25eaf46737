"""DATABASE_URL as people write it: what both drivers are given, or a sentence."""

from __future__ import annotations

import random
import re

import psycopg.conninfo
import pytest
from asyncpg.connect_utils import _parse_connect_dsn_and_args
from yoyo.connections import parse_uri

from agent_gateway.store.dsn import BadDsn, read_dsn

SECRET = "pa#ss/word"


def read_by_asyncpg(url):
    """Return addresses, and (user, password, database, server settings, session attributes), as asyncpg reads them."""
    nothing = dict.fromkeys((
        "host", "port", "user", "password", "passfile", "database", "ssl", "service", "servicefile", "direct_tls",
        "server_settings", "target_session_attrs", "krbsrvname", "gsslib",
    ))  # fmt: skip
    addresses, params = _parse_connect_dsn_and_args(dsn=url, **nothing)
    return addresses, params


def check(text, hosts, **keywords):
    """Both drivers read the same of it."""
    found = read_dsn(text)
    addresses, params = read_by_asyncpg(found.url)
    assert addresses == hosts
    wanted = {"user": "openclaw", "password": "secret", "dbname": "openclaw"} | keywords
    assert (params.user, params.password, params.database) == (wanted["user"], wanted["password"], wanted["dbname"])
    names = {"host": ",".join(h for h, _ in hosts), "port": ",".join(str(p) for _, p in hosts)}
    assert found.keywords == {**wanted, **names}
    assert psycopg.conninfo.make_conninfo("", **found.keywords)
    assert parse_uri(found.tool_url).args == found.keywords
    return params


def test_a_plain_one():
    check("postgresql://openclaw:secret@db.example:5432/openclaw", [("db.example", 5432)])
    check("postgres://openclaw:secret@db.example/openclaw", [("db.example", 5432)])
    check("postgresql://openclaw:secret@[fd00::5]:6432/openclaw", [("fd00::5", 6432)])


def test_several_hosts_lead_to_the_one_that_can_write():
    params = check(
        "postgresql://openclaw:secret@pg-1.example:5432,pg-2.example:5433/openclaw",
        [("pg-1.example", 5432), ("pg-2.example", 5433)],
        target_session_attrs="read-write",
    )
    assert params.target_session_attrs.value == "read-write"
    check(
        "postgresql://openclaw:secret@a,b/openclaw?target_session_attrs=primary", [("a", 5432), ("b", 5432)],
        target_session_attrs="primary",
    )  # fmt: skip


def test_an_at_sign_in_a_password_needs_no_encoding():
    check("postgresql://openclaw:p@ss@db.example:5432/openclaw", [("db.example", 5432)], password="p@ss")
    check("postgresql://openclaw:100%@db.example:5432/openclaw", [("db.example", 5432)], password="100%")


def test_options_that_the_gateway_sets_itself_reach_no_driver():
    params = check(
        "postgresql://openclaw:secret@db.example/openclaw?connect_timeout=10&channel_binding=prefer&application_name=x",
        [("db.example", 5432)],
    )
    assert params.server_settings is None


def test_options_of_both_reach_both():
    params = check(
        "postgresql://openclaw:secret@db.example/openclaw?sslmode=require&options=-c%20search_path%3Dx",
        [("db.example", 5432)], sslmode="require", options="-c search_path=x",
    )  # fmt: skip
    assert params.sslmode.name == "require"
    assert params.server_settings == {"options": "-c search_path=x"}


def test_a_socket_is_named_in_the_query():
    found = read_dsn("postgresql://openclaw@/openclaw?host=/run/pg&port=5433")
    assert read_by_asyncpg(found.url)[0] == ["/run/pg/.s.PGSQL.5433"]
    assert found.keywords == {"user": "openclaw", "dbname": "openclaw", "host": "/run/pg", "port": "5433"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"postgresql://openclaw:{SECRET}@db.example:5432/openclaw", "write # as %23"),
        ("postgresql://openclaw:pa/ss@db.example:5432/openclaw", "write # as %23"),
        ("postgresql://openclaw:pa?ss@db.example:5432/openclaw", "write # as %23"),
        ("postgresql://u:s@ep-1-pooler.example/x?sslmode=require&channel_binding=require", "option channel_binding"),
        ("postgresql://u:s@db.example:6543/x?pgbouncer=true", "option pgbouncer cannot be honoured: it is Prisma's"),
        ("postgresql://u:s@db.example/x?schema=public", "Postgres has no option schema"),
        ("postgresql://u:s@db.example:port/x", "a port is no number"),
        ("postgresql://u:s@db.example:99999/x", "a port is no number"),
        ("postgresql://u:s@a,b/x?port=1,2,3", "another number of ports"),
        ("postgresql://u:s@a,,b/x", "a host is none"),
        ("postgresql://u:s@[fd00::5/x", "lacks its bracket"),
        ("postgresql://u:s@db.example/x?sslmode", "no list of options"),
        ("mysql://u:s@db.example/x", "like postgresql://"),
        ("jdbc:postgresql://db.example/x", "like postgresql://"),
        ("host=db.example user=u", "like postgresql://"),
    ],
)
def test_what_cannot_be_used_is_told_without_the_password(text, words):
    with pytest.raises(BadDsn, match=f"^DATABASE_URL cannot be used: .*{re.escape(words)}") as caught:
        read_dsn(text)
    for secret in (SECRET, "openclaw:", "u:s", "pa/ss", "pa?ss"):
        assert secret not in str(caught.value)


def test_any_text_is_refused_or_read_as_what_is_read_as_the_same():
    dice = random.Random(7)
    signs = "ab1:/?#@[],%&=. \u00e9"
    read = 0
    for _ in range(20_000):
        begin = dice.choice(["", "postgresql://", "postgresql://u:p@h/", "postgresql://u:p@h/d?sslmode=require"])
        text = begin + "".join(dice.choice(signs) for _ in range(dice.randrange(12)))
        try:
            found = read_dsn(text)
        except BadDsn:
            continue
        assert found == read_dsn(found.url), text
        read += 1
    assert read > 1000
