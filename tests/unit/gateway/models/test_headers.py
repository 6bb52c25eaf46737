"""What passes the proxy, and what stops there."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from agent_contract.providers import COMPLETIONS, GOOGLE, MESSAGES, RESPONSES
from agent_gateway.models.errors import build_provider_error
from agent_gateway.models.headers import build_request_headers, build_response_headers

ODD = CIMultiDict(
    {
        "Authorization": "Bearer pod", "X-API-Key": "pod", "Api-Key": "pod", "Cookie": "pod", "Host": "gateway",
        "Connection": "keep-alive, X-Odd", "X-Odd": "pod", "TE": "trailers", "Expect": "100-continue",
        "X-Forwarded-For": "10.0.0.1", "Accept-Encoding": "gzip", "Content-Type": "text/plain",
        "Content-Length": "5", "Content-Encoding": "gzip", "OpenAI-Organization": "o", "OpenAI-Project": "p",
        "X-HTTP-Method-Override": "DELETE", "X-Original-URL": "/v1/files", "X-Rewrite-Url": "/v1/files",
        "True-Client-IP": "10.0.0.1", "CF-Connecting-IP": "10.0.0.1", "X-Auth-Token": "pod", "User-Agent": "pod",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("api", "header"),
    [
        (COMPLETIONS, {"Authorization": "Bearer real"}),
        (RESPONSES, {"Authorization": "Bearer real"}),
        (MESSAGES, {"x-api-key": "real", "anthropic-version": "2023-06-01"}),
        (GOOGLE, {"x-goog-api-key": "real"}),
    ],
)
def test_a_provider_gets_our_headers_and_no_other(api, header):
    assert dict(build_request_headers(ODD, "real", api, stream=True)) == {
        "Content-Type": "application/json",
        "Accept": "text/event-stream",
        "User-Agent": "openclaw-dispatcher",
        "Accept-Encoding": "identity",
        **header,
    }


def test_of_anthropics_betas_the_listed_pass():
    asked = {"anthropic-beta": "interleaved-thinking-2025-05-14, context-1m-2025-08-07", "anthropic-version": "../x"}
    kept = build_request_headers(asked, "real", MESSAGES, stream=False)
    assert kept["anthropic-beta"] == "interleaved-thinking-2025-05-14"
    assert kept["anthropic-version"] == "2023-06-01"
    assert kept["Accept"] == "application/json"
    assert "anthropic-beta" not in build_request_headers(asked, "real", COMPLETIONS, stream=False)


def test_an_answer_keeps_what_the_client_needs():
    given = CIMultiDict(
        {
            "Content-Type": "text/event-stream; charset=utf-8", "Set-Cookie": "a=b", "Transfer-Encoding": "chunked",
            "X-Request-Id": "7", "Content-Length": "9", "Content-Encoding": "gzip", "OpenAI-Organization": "o",
            "X-Echo": "sk-1", "Retry-After": "30 sk-1",
        }
    )  # fmt: skip
    assert dict(build_response_headers(given, "sk-1")) == {
        "Content-Type": "text/event-stream", "X-Request-Id": "7", "Retry-After": "30 ****",
    }  # fmt: skip
    assert build_response_headers({"Content-Type": "text/html"}, "k")["Content-Type"] == "application/octet-stream"


def test_an_error_that_holds_the_key_is_cleaned():
    body = build_provider_error(400, b'{"error": "bad key sk-1"}', provider="zai", key="sk-1")
    assert body == b'{"error": "bad key [key]"}'


def test_a_refused_key_says_who_can_change_it():
    for given in (b'{"error": {"message": "expired"}}', b'{"message": "expired"}', b"expired", b'{"error": "expired"}'):
        error = json.loads(build_provider_error(401, given, provider="zai", key="sk-1"))["error"]
        assert "expired" in error["message"]
        assert "LLM_API_KEY" in error["message"]
        assert error["code"] == 401
    assert b"status 401" in build_provider_error(401, b"", provider="zai", key="")


def test_a_refusal_that_is_no_matter_of_the_key_says_nothing_of_it():
    body = build_provider_error(403, b'{"error": {"message": "region not supported"}}', provider="zai", key="sk-1")
    assert body == b'{"error": {"message": "region not supported"}}'


def test_of_a_web_page_its_title_is_told():
    page = b"<!DOCTYPE html><html><head><title>Attention &amp; more\n| X</title></head><body>b</body></html>"
    error = json.loads(build_provider_error(403, page, provider="zai", key=""))["error"]
    assert error["message"] == "A web page came instead of an answer: Attention & more | X"
    assert b"instead of an answer" in build_provider_error(502, b"<html><body>b", provider="zai", key="")
