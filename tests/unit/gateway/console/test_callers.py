"""Whose tokens the console takes: of two accounts, proved by the API server, naming one person, and no pod's."""

from __future__ import annotations

import pytest

from agent_gateway.console.callers import KNOWN_SECONDS, STRANGERS, WRONG, Callers
from agent_gateway.console.refused import Refused
from agent_gateway.console.settings import ConsoleSettings
from tests.support.consoling import SPEAK, VIEW, PlayedReviews, make_token

SETTINGS = ConsoleSettings(view=VIEW, speak=SPEAK)
NOW = 1_000_000.0


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def make(kube, clock=None):
    return Callers(kube, SETTINGS, clock or Clock(), lambda: NOW)


async def test_a_speaker_is_known_by_name_and_credential():
    kube = PlayedReviews()
    caller = await make(kube).identify(make_token())
    assert (caller.person, caller.may_speak, caller.credential) == ("alice", True, "JTI=5")
    assert [one["audiences"] for one in kube.asked] == [["openclaw-console"]]


async def test_a_viewer_may_not_speak():
    assert not (await make(PlayedReviews(VIEW)).identify(make_token(VIEW))).may_speak


@pytest.mark.parametrize(
    "token",
    [
        "", "x", "a.b.c", "e30." + "A" * 9000 + ".x", "é",
        make_token("system:serviceaccount:oc-agents:oc-agent"),
        make_token(aud=("openclaw-gateway",)), make_token(aud="openclaw-console"), make_token(aud=("openclaw-console",)),
        make_token(aud=("openclaw-console:alice",)),
        make_token(aud=("openclaw-console", "openclaw-console:")), make_token(aud=("openclaw-console", "openclaw-console:" + "x" * 257)),
        make_token(aud=("openclaw-console", "openclaw-console:alice", "openclaw-console:bob")),
        make_token(exp=NOW - 61), make_token(exp="soon"),
    ],
)  # fmt: skip
async def test_what_cannot_be_good_is_no_question_to_the_api_server(token):
    kube = PlayedReviews()
    with pytest.raises(Refused) as refused:
        await make(kube).identify(token)
    assert (refused.value.status, kube.asked) == (401, [])


@pytest.mark.parametrize(
    "kube",
    [
        PlayedReviews(good=False),
        PlayedReviews(audiences=("https://kubernetes.default.svc",)),
        PlayedReviews("system:serviceaccount:oc-agents:oc-agent"),
        PlayedReviews(VIEW),
        PlayedReviews(extra={"authentication.kubernetes.io/pod-name": ["p"]}),
    ],
)
async def test_what_the_api_server_says_counts_and_a_token_of_a_pod_is_none(kube):
    with pytest.raises(Refused) as refused:
        await make(kube).identify(make_token())
    assert refused.value.status in {401, 403}


async def test_what_is_known_is_believed_for_a_minute_and_no_longer_than_the_token_lives():
    kube, clock = PlayedReviews(), Clock()
    callers = make(kube, clock)
    token, ending = make_token(), make_token(exp=NOW + 5)
    for _ in range(3):
        await callers.identify(token)
        await callers.identify(ending)
    assert len(kube.asked) == 2
    clock.now = 6
    await callers.identify(token)
    await callers.identify(ending)
    assert len(kube.asked) == 3
    clock.now = KNOWN_SECONDS + 1
    kube.status["authenticated"] = False
    with pytest.raises(Refused):
        await callers.identify(token)


async def flood(callers, address="10.0.0.9", person="bob"):
    """Bring wrong tokens that name somebody until no more are asked about; return why each was refused."""
    reasons, aud = [], ("openclaw-console", f"openclaw-console:{person}")
    for n in range(3 * int(WRONG.burst)):
        with pytest.raises(Refused) as refused:
            await callers.identify(make_token(aud=aud, jti=n), address)
        reasons.append(refused.value.reason)
    return reasons


async def flooded(**flood_of):
    """Return callers that know Alice, her token, their API server and clock, after somebody's wrong tokens."""
    kube, clock = PlayedReviews(), Clock()
    callers = make(kube, clock)
    known = make_token()
    await callers.identify(known, "10.0.0.1")
    kube.status["authenticated"] = False
    await flood(callers, **flood_of)
    kube.status["authenticated"] = True
    return callers, known, kube, clock


async def test_a_flood_of_wrong_tokens_asks_the_api_server_no_more_and_shuts_out_nobody_known():
    kube = PlayedReviews()
    callers = make(kube)
    known = make_token()
    await callers.identify(known)
    kube.status["authenticated"] = False
    reasons = await flood(callers, "")
    assert (reasons.count("token"), reasons[-1]) == (int(WRONG.burst), "tokens")
    assert (await callers.identify(known)).person == "alice"


async def test_a_token_that_was_accepted_goes_on_after_its_minute_whoever_else_brings_wrong_ones():
    callers, known, kube, clock = await flooded(address="10.0.0.1", person="alice")
    for _ in range(3):
        clock.now += KNOWN_SECONDS + 1
        kube.status["authenticated"] = False
        await flood(callers, "10.0.0.1", "alice")
        kube.status["authenticated"] = True
        assert (await callers.identify(known, "10.0.0.1")).person == "alice"


async def test_a_token_that_was_accepted_and_is_no_more_counts_as_any_wrong_one():
    callers, known, kube, clock = await flooded(address="10.0.0.1", person="alice")
    clock.now += KNOWN_SECONDS + 1  # so that a few may be asked about again
    kube.status["authenticated"] = False
    await flood(callers, "10.0.0.1", "alice")
    with pytest.raises(Refused) as refused:
        await callers.identify(known, "10.0.0.1")
    assert refused.value.reason == "token"
    with pytest.raises(Refused) as refused:
        await callers.identify(known, "10.0.0.1")
    assert refused.value.reason == "tokens"


async def test_an_api_server_that_is_away_for_a_moment_makes_nobody_a_stranger():
    callers, known, kube, clock = await flooded(address="10.0.0.1", person="alice")
    clock.now += KNOWN_SECONDS + 1
    kube.away = True
    with pytest.raises(Refused) as refused:
        await callers.identify(known, "10.0.0.1")
    assert refused.value.reason == "unasked"
    kube.away, kube.status["authenticated"] = False, False
    await flood(callers, "10.0.0.1", "alice")
    kube.status["authenticated"] = True
    assert (await callers.identify(known, "10.0.0.1")).person == "alice"


@pytest.mark.parametrize(
    ("address", "person"), [("10.0.0.1", "bob"), ("10.0.0.9", "alice"), ("10.0.0.9", "bob")],
    ids=["from the same address", "in the same name", "from elsewhere"],
)  # fmt: skip
async def test_who_is_known_begins_anew_whatever_others_bring(address, person):
    callers, _, _, _ = await flooded(address=address, person=person)
    assert (await callers.identify(make_token(jti="new"), "10.0.0.1")).person == "alice"


async def test_who_is_new_is_shut_out_by_wrong_tokens_of_their_own_address_alone():
    callers, _, _, _ = await flooded(address="10.0.0.9")
    new = make_token(aud=("openclaw-console", "openclaw-console:carol"))
    with pytest.raises(Refused) as refused:
        await callers.identify(new, "10.0.0.9")
    assert refused.value.reason == "tokens"
    assert (await callers.identify(new, "10.0.0.2")).person == "carol"


async def test_whoever_says_another_address_each_time_is_bounded_too():
    callers, _, kube, _ = await flooded(address="10.0.0.9")
    kube.status["authenticated"], asked = False, len(kube.asked)
    for number in range(2 * int(STRANGERS.burst)):
        with pytest.raises(Refused):
            await callers.identify(
                make_token(aud=("openclaw-console", f"openclaw-console:p{number}")), f"10.1.1.{number}"
            )
    assert len(kube.asked) - asked <= STRANGERS.burst
    kube.status["authenticated"] = True
    assert (await callers.identify(make_token(jti="new"), "10.0.0.1")).person == "alice"


async def test_an_api_server_that_is_away_lets_nobody_new_in():
    kube = PlayedReviews()
    kube.away = True
    with pytest.raises(Refused) as refused:
        await make(kube).identify(make_token())
    assert refused.value.status == 503
