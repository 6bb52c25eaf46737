"""What is filled into an empty Secret, and what is left as it stands."""

from __future__ import annotations

import base64
import re

import pytest

from agent_gateway.madesecrets import MadeSecret, fill

URL = "postgresql://openclaw:{}@db:5432/openclaw"
DATABASE = MadeSecret(name="oc-database", key="password", derived={"url": URL})


def encoded(**texts):
    return {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}


def test_an_empty_one_is_filled_with_what_no_other_has():
    first, second = fill(DATABASE, {}), fill(DATABASE, {})
    assert re.fullmatch("[0-9a-f]{48}", first["password"])
    assert first["url"] == URL.replace("{}", first["password"])
    assert first["password"] != second["password"]


def test_a_full_one_is_left():
    assert fill(DATABASE, encoded(password="x", url=URL.replace("{}", "x"), more="y")) == {}


def test_a_password_that_stands_is_kept():
    assert fill(DATABASE, encoded(password="x")) == {"url": URL.replace("{}", "x")}
    assert fill(DATABASE, encoded(password="x", url="postgresql://elsewhere")) == {"url": URL.replace("{}", "x")}


def test_what_is_no_text_is_told():
    with pytest.raises(ValueError, match="no text"):
        fill(DATABASE, {"password": "%%"})
