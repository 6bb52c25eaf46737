"""What passes the proxy, and what stops there."""

from __future__ import annotations

import json

from multidict import CIMultiDict

from agent_gateway.models.errors import build_provider_error
from agent_gateway.models.headers import build_request_headers, build_response_headers


def test_the_pods_credentials_and_the_hops_headers_stop():
    given = CIMultiDict(
        {
            "Authorization": "Bearer pod", "X-API-Key": "pod", "Api-Key": "pod", "Cookie": "pod", "Host": "gateway",
            "Connection": "keep-alive, X-Odd", "X-Odd": "pod", "TE": "trailers", "Expect": "100-continue",
            "X-Forwarded-For": "10.0.0.1", "Accept-Encoding": "gzip", "Content-Type": "application/json",
            "Content-Length": "5", "anthropic-version": "2023-06-01",
        }
    )  # fmt: skip
    kept = build_request_headers(given, "real", anthropic=False)
    assert dict(kept) == {
        "Content-Type": "application/json",
        "Content-Length": "5",
        "anthropic-version": "2023-06-01",
        "Accept-Encoding": "identity",
        "Authorization": "Bearer real",
    }


def test_messages_take_the_key_in_their_own_header_too():
    assert build_request_headers({}, "real", anthropic=True)["x-api-key"] == "real"


def test_an_answer_keeps_what_the_client_needs():
    given = CIMultiDict(
        {"Content-Type": "text/event-stream", "Set-Cookie": "a=b", "Transfer-Encoding": "chunked", "X-Request-Id": "7"}
    )
    assert dict(build_response_headers(given)) == {"Content-Type": "text/event-stream", "X-Request-Id": "7"}


def test_an_error_that_holds_the_key_is_cleaned():
    body = build_provider_error(400, b'{"error": "bad key sk-1"}', provider="zai", key="sk-1")
    assert body == b'{"error": "bad key [key]"}'


def test_a_refused_key_says_who_can_change_it():
    for given in (b'{"error": {"message": "expired"}}', b'{"message": "expired"}', b"expired", b'{"error": "expired"}'):
        error = json.loads(build_provider_error(401, given, provider="zai", key="sk-1"))["error"]
        assert "expired" in error["message"]
        assert "LLM_API_KEY" in error["message"]
        assert error["code"] == 401
    assert b"status 403" in build_provider_error(403, b"", provider="zai", key="")
