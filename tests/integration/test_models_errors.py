"""What a provider answers wrongly, in the words and states that a runner can use, and without its key."""

from __future__ import annotations

import gzip
import json

import pytest
from aiohttp import web

from agent_gateway.models.providers import Keys, Providers, build_provider
from agent_simulators.model import create_app as create_model
from tests.support.eventually import eventually
from tests.support.models import KEY, call, chat, error_of, holding, serving, upstream, usage
from tests.support.ports import free_port

pytestmark = pytest.mark.postgres


@pytest.fixture
async def model():
    async with serving(create_model(KEY)) as url:
        yield url


@pytest.fixture
async def port(store, model):
    async with holding(store, f"{model}/v1", key=KEY) as port:
        yield port


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_providers_error_keeps_its_status_and_words(port, status):
    async with call(port, chat(f"err {status} 9 overloaded now")) as answer:
        assert answer.status == status
        assert "overloaded now" in await error_of(answer)
    assert (await eventually(lambda: usage(port)))[0]["status"] == status


async def test_a_refused_key_is_told_without_the_key(store):
    async def provider(request):
        return web.json_response({"error": {"message": f"Incorrect key {KEY} given"}}, status=401)

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert answer.status == 401
        message = await error_of(answer)
    assert KEY not in message
    assert "LLM_API_KEY" in message
    assert "Incorrect key" in message


async def test_a_key_echoed_in_any_error_is_taken_out(store):
    async def provider(request):
        return web.Response(text=f"oops {request.headers['Authorization']}", status=500)

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert answer.status == 500
        assert KEY not in await answer.text()


@pytest.mark.parametrize(("seconds", "words"), [(60, "slow [resets "), (3600, "slow (quota exceeded) [resets ")])
async def test_a_limit_that_lasts_is_not_tried_against(store, seconds, words):
    async def provider(request):
        return web.json_response({"error": {"message": "slow"}}, status=429, headers={"Retry-After": str(seconds)})

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert (await error_of(answer, shape={"message"})).startswith(words)


@pytest.mark.parametrize(
    ("words", "lasting"),
    [
        ("Insufficient balance or no resource package. Please recharge.", True),
        ("Rate limit reached for your API key: 60 requests per minute", False),
        ("You exceeded your current quota, please check your plan and billing details. Please retry in 32.1s.", False),
    ],
)
async def test_missing_money_is_not_tried_against(store, words, lasting):
    async def provider(request):
        return web.json_response({"error": {"message": words}}, status=429)

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert await error_of(answer, shape={"message"}) == words + (" (quota exceeded)" if lasting else "")


async def test_a_key_echoed_in_a_stream_is_taken_out(store):
    async def provider(request):
        text = f'data: {{"error": {{"message": "no such key: {request.headers["Authorization"]}"}}}}\n\n'
        return web.Response(text=text, content_type="text/event-stream")

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        told = await answer.text()
    assert "no such key: Bearer **" in told
    assert KEY not in told


async def test_an_error_that_is_compressed_is_read_and_the_key_taken_out(store):
    async def provider(request):
        body = gzip.compress(json.dumps({"error": {"message": f"slow down, {KEY}"}}).encode())
        return web.Response(body=body, status=429, headers={"Content-Encoding": "gzip", "Retry-After": "60"})

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert answer.status == 429
        message = await error_of(answer, shape={"message"})
    assert message.startswith(f"slow down, {'*' * len(KEY)} [resets ")


async def test_a_web_page_is_no_answer_of_a_model(store):
    async def provider(request):
        return web.Response(text="<!DOCTYPE html><title>Welcome</title>", content_type="text/html")

    async with upstream(provider) as url, holding(store, url, key=KEY) as port:
        async with call(port, chat("hi")) as answer:
            assert answer.status == 400
            assert "check LLM_BASE_URL" in await error_of(answer)
        assert (await eventually(lambda: usage(port)))[0]["status"] == 400


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"code": 401, "msg": f"token {KEY} expired", "success": False}, 401),
        ({"error": {"code": "1113", "message": f"no package for {KEY}"}}, 400),
    ],
)
async def test_an_error_that_comes_as_200_is_an_error(store, said, status):
    async def provider(request):
        return web.json_response(said)

    async with upstream(provider) as url, holding(store, url, key=KEY) as port:
        async with call(port, chat("hi")) as answer:
            told = await answer.text()
            assert (answer.status, KEY in told) == (status, False)
            assert "expired" in told or "no package" in told
        assert (await eventually(lambda: usage(port)))[0]["status"] == status


async def test_a_missing_key_is_no_matter_for_retries(store, model):
    async with holding(store, model, key="") as port, call(port, chat("hi")) as answer:
        assert answer.status == 401
        message = await error_of(answer)
    assert "No API key for provider zai" in message
    assert "LLM_API_KEY" in message


async def test_a_key_changed_in_place_holds_for_the_next_call(store, model, tmp_path):
    file = tmp_path / "key"
    file.write_text("old-key\n")
    async with holding(store, model) as port:
        port.deps.proxy._providers = Providers(build_provider("zai", model, Keys(path=file)))
        async with call(port, chat("hi")) as answer:
            assert answer.status == 401
        file.write_text(KEY + "\n")
        async with call(port, chat("hi")) as answer:
            assert answer.status == 200


async def test_a_provider_away_is_a_502_that_pi_tries_again(store):
    async with holding(store, f"http://127.0.0.1:{free_port()}/v1") as port, call(port, chat("hi")) as answer:
        assert answer.status == 502
        message = await error_of(answer)
    assert "502" in message
    assert "connection" in message


@pytest.mark.parametrize(
    ("provider", "status", "words"),
    [("nobody", 404, "may be zai"), ("moonshotai", 401, "LLM_PROVIDER is zai"), ("..", 404, "")],
)
async def test_another_provider_is_refused_with_words(port, provider, status, words):
    async with call(port, chat("hi"), provider=provider) as answer:
        assert answer.status == status
        assert words in await answer.text()


async def test_moonshot_is_moonshotai(store, model):
    async with holding(store, model, key=KEY, provider="moonshot") as port:
        for name in ("moonshot", "moonshotai"):
            async with call(port, chat("hi"), provider=name) as answer:
                assert answer.status == 200


async def test_a_redirect_is_not_followed(store):
    async def provider(request):
        raise web.HTTPFound("http://127.0.0.1:1/elsewhere")

    async with upstream(provider) as url, holding(store, url) as port, call(port, chat("hi")) as answer:
        assert answer.status == 400
        assert "LLM_BASE_URL" in await error_of(answer)
