"""What providers' errors mean: the status first, then whole words."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from agent_gateway.models.errors import build_provider_error
from agent_gateway.models.meaning import SAID, Meaning, read_error
from agent_gateway.wording.provider import build_new, provider_text
from agent_runner.words import describe_error, find_status

NOW = datetime(2026, 11, 23, 14, 18, tzinfo=UTC)
PAGE = (
    '<!DOCTYPE html><html lang="en-US"><head><title>Attention Required! | Cloudflare</title></head>'
    "<body>Sorry, you have been blocked</body></html>"
)
REPORTED = [
    (429, {"code": "1113", "message": "Insufficient balance or no resource package. Please recharge."}, Meaning.NO_MONEY),
    (
        429,
        {
            "code": 429, "status": "RESOURCE_EXHAUSTED",
            "message": "You exceeded your current quota, please check your plan and billing details. Please retry in 32.1s.",
        },
        Meaning.LIMITED,
    ),
    (429, {"message": "Rate limit reached for your API key: 60 requests per minute"}, Meaning.LIMITED),
    (
        429,
        {"message": "Rate limit exceeded: free-models-per-min. Add 10 credits to unlock more requests per day"},
        Meaning.LIMITED,
    ),
    (503, "upstream connect error or disconnect: no healthy upstream behind the load balancer", Meaning.AWAY),
    (
        403,
        {
            "code": "unsupported_country_region_territory", "type": "request_forbidden",
            "message": "Country, region, or territory not supported",
        },
        Meaning.REGION,
    ),
    (403, PAGE, Meaning.BLOCKED),
    (
        400,
        {"message": "max_tokens is too large: 8192. This model supports at most 4096 completion tokens"},
        Meaning.ANSWER_LIMIT,
    ),
    (400, {"message": "At least one of the image dimensions exceed max allowed size: 8000 pixels"}, Meaning.PICTURE),
    (
        400,
        {"message": "request (33006 tokens) exceeds the available context size (32768 tokens), try increasing it"},
        Meaning.CONTEXT,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("status", "error", "meaning"), REPORTED, ids=[str(n) for n in range(1, 11)])
def test_an_error_means_what_it_means_on_its_way_from_the_provider_to_the_chat(status, error, meaning):
    body = json.dumps({"error": error}) if isinstance(error, dict) else error
    passed = build_provider_error(status, body.encode(), provider="demo", key="k" * 20).decode()
    said_by_pi = f"{status} {passed}"
    found = read_error(describe_error(said_by_pi), find_status(said_by_pi))
    assert (found.meaning, found.status) == (meaning, status)
    text = provider_text("en", found, NOW)
    assert "<" not in text
    if isinstance(error, dict):
        assert error["message"][:60] in text
    assert ("New conversation" in str(build_new("en", 1, found))) == (meaning is Meaning.CONTEXT)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("401 Incorrect API key provided: sk-12345", Meaning.KEY),
        ("402 Payment Required", Meaning.NO_MONEY),
        ("429 insufficient_quota", Meaning.NO_MONEY),
        ("429 You exceeded your current quota, please check your plan and billing details.", Meaning.NO_MONEY),
        ("429 You exceeded your current quota, see billing [resets 2026-11-23T14:30:00Z]", Meaning.LIMITED),
        ("403 Forbidden: insufficient permissions for this operation", Meaning.DENIED),
        ("400 API key not valid. Please pass a valid API key.", Meaning.KEY),
        ("Invalid credentials", Meaning.KEY),
        ("Provider returned error: invalid credentials field in tool schema 'credentials'", Meaning.OTHER),
        ("400 tool 'credits' has no description", Meaning.OTHER),
        ("400 maximum 500 tokens", Meaning.OTHER),
        ("503 upstream load balancer timeout", Meaning.AWAY),
        ("529 overloaded_error", Meaning.AWAY),
        ("400 prompt is too long: 210000 tokens > 200000 maximum", Meaning.CONTEXT),
        ("This model's maximum context length is 8192 tokens", Meaning.CONTEXT),
        ("Provider finish_reason: model_context_window_exceeded", Meaning.CONTEXT),
        ("Provider finish_reason: content_filter", Meaning.FILTERED),
        ("Provider finish_reason: sensitive", Meaning.FILTERED),
        ("400 The response was filtered due to the content management policy", Meaning.FILTERED),
        ("404 model not found", Meaning.MODEL),
        ("400 The model `x` does not exist", Meaning.MODEL),
        ("Connection error.", Meaning.AWAY),
        ("fetch failed", Meaning.AWAY),
        ("401 No API key for provider zai is set in the gateway's Secret. Set LLM_API_KEY.", Meaning.SETTINGS),
        ("something odd", Meaning.OTHER),
        ("", Meaning.OTHER),
    ],
)
def test_words_count_where_a_status_does_not_tell(error, meaning):
    assert read_error(error).meaning is meaning


def test_what_the_provider_said_is_always_told_without_keys_and_markup():
    found = read_error("500 oops <b>bad</b> sk-1234567890abcdef at line 3")
    assert provider_text("en", found, NOW) == (
        "The model is away or overloaded. Try again in a while. It says: oops bad [hidden] at line 3."
    )
    assert len(read_error("500 " + "word " * 1000).said) == SAID


@pytest.mark.parametrize(
    ("reset", "told"),
    [
        (
            "2026-11-23T16:18:00Z",
            "The model is rate-limited. It's back in 2 h ([16:18 UTC](tg://time?unix=1795450680&format=t)).",
        ),
        (
            "2026-11-23T14:18:05Z",
            "The model is rate-limited. It's back in 1 min ([14:18 UTC](tg://time?unix=1795443485&format=t)).",
        ),
        (
            "2026-11-24T02:30:00Z",
            "The model is rate-limited. It's back in 12 h 12 min ([2026-11-24 02:30 UTC](tg://time?unix=1795487400&format=Dt)).",
        ),
    ],
)
def test_a_limit_is_told_with_its_end(reset, told):
    text = provider_text("en", read_error(f"429: Slow down (quota exceeded) [resets {reset}]"), NOW)
    assert text == f"{told} It says: Slow down."


def test_an_administrator_is_told_where_to_look():
    found = read_error("401: The provider demo refuses LLM_API_KEY, the key in the gateway's Secret: Bad key")
    assert provider_text("en", found, NOW) == (
        "The model refused our API key. Please tell an administrator. It says: Bad key."
    )
    assert "LLM_API_KEY" in provider_text("en", found, NOW, admin=True)
    assert "HTTP 401." in provider_text("en", found, NOW, admin=True)


def test_words_on_settings_are_for_administrators():
    found = read_error("401 No API key for provider zai is set in the gateway's Secret. Set LLM_API_KEY (llm.apiKey)")
    assert provider_text("en", found, NOW) == (
        "I can't reach the model: my settings need an administrator. "
        "It says: No API key for provider zai is set in the gateway's Secret."
    )
    assert "LLM_API_KEY" in provider_text("en", found, NOW, admin=True)


@pytest.mark.parametrize("text", ["max_tokens " * 20000, "<" * 100_000, "country region " * 20000, "model " * 50_000])
def test_a_long_error_is_read_at_once(text):
    began = time.thread_time()
    read_error(f"400 {text}")
    assert time.thread_time() - began < 0.2


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("429 {}", 429), ("429: {}", 429), ("google API error (400): bad", 400), ('{"error":{"code":503}}', 503),
        ('{"error":{"code":"1113","message":"x"}}', None), ("maximum 500 tokens", None), ("200 fine", None),
        ("HTTP 502", 502), ("Request failed with status code 504", 504),
    ],
)  # fmt: skip
def test_the_status_is_found_as_each_api_tells_it(said, status):
    assert find_status(said) == status
