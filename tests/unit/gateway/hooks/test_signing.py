"""Who brings an event: what each form shows is believed where it fits, and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from multidict import CIMultiDict

from agent_gateway.hooks.signing import check_body, check_head, covers_id, find_delivery, read_secrets

NOW, SECRET, BODY = 1_800_000_000.0, "a-secret-of-the-test", b'{"type":"it.happened"}'
OTHER = "another-secret-of-it"
KEY = "whsec_" + base64.b64encode(b"k" * 32).decode()


def hexed(body=BODY, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def standard(key=b"k" * 32, at=NOW, name="msg_1", body=BODY):
    signed = hmac.new(key, f"{name}.{at:.0f}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": name, "webhook-timestamp": f"{at:.0f}",
        "webhook-signature": f"v1a,AAAA v1,{base64.b64encode(signed).decode()}",
    }  # fmt: skip


def judge(form, headers, secrets=(SECRET,), body=BODY, now=NOW):
    shown = CIMultiDict(headers)
    return check_head(form, shown, secrets, now) or check_body(form, shown, body, secrets)


GOOD = [
    ("github", {"X-Hub-Signature-256": f"sha256={hexed()}", "X-GitHub-Delivery": "1"}),
    ("gitea", {"X-Gitea-Signature": hexed(), "X-Gitea-Delivery": "1"}),
    ("gitea", {"x-forgejo-signature": hexed().upper(), "X-Forgejo-Delivery": "1"}),
    ("gitlab", {"X-Gitlab-Token": SECRET, "Idempotency-Key": "1"}),
    ("secret", {"Authorization": f"Bearer {SECRET}", "Idempotency-Key": "1"}),
    ("secret", {"X-Hook-Secret": SECRET, "Idempotency-Key": "1"}),
]


@pytest.mark.parametrize(("form", "headers"), GOOD)
def test_each_form_is_believed_with_its_secret_and_with_no_other(form, headers):
    assert judge(form, headers) is None
    assert judge(form, headers, (OTHER, SECRET)) is None, "while a secret changes, both are good"
    assert judge(form, headers, (OTHER,)) == "signature"
    assert judge(form, {}, (SECRET,)) == "unsigned"
    assert judge(form, headers, ()) == "no-secret"
    assert find_delivery(form, CIMultiDict(headers)) is not None


@pytest.mark.parametrize(("form", "headers"), GOOD[:3])
def test_a_signature_is_of_these_bytes(form, headers):
    assert judge(form, headers, body=BODY + b" ") == "signature"
    name = next(iter(headers))
    for odd in ("sha256=", "sha1=" + "a" * 40, "z" * 64, hexed()[:63], "sha256=" + "a" * 64):
        assert judge(form, {name: odd}) in {"signature", "unsigned"}


def test_the_examples_of_the_documentations_are_believed():
    told = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    assert judge("github", told, ("It's a Secret to Everybody",), body=b"Hello, World!") is None
    told = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    for one in (secret, secret.removeprefix("whsec_")):
        assert judge("standard-webhooks", told, (one,), body=b'{"test": 2432232314}', now=1614265330.0) is None


def test_standard_webhooks_is_signed_with_its_id_and_its_time():
    assert judge("standard-webhooks", standard(), (KEY,)) is None
    assert judge("standard-webhooks", standard(key=SECRET.encode())) is None, (
        "a secret without the prefix is its own bytes"
    )
    assert judge("standard-webhooks", standard(), (KEY,), body=BODY + b" ") == "signature"
    assert judge("standard-webhooks", {**standard(), "webhook-id": "msg_2"}, (KEY,)) == "signature"
    assert judge("standard-webhooks", {**standard(), "webhook-timestamp": f"{NOW + 1:.0f}"}, (KEY,)) == "signature"
    assert judge("standard-webhooks", {**standard(), "webhook-signature": "v1,AAAA"}, (KEY,)) == "signature"
    assert judge("standard-webhooks", {**standard(), "webhook-signature": "v2,AAAA v1"}, (KEY,)) == "signature"


@pytest.mark.parametrize("late", [-301, 301])
def test_what_is_too_old_or_too_new_is_not_believed(late):
    assert judge("standard-webhooks", standard(at=NOW - late), (KEY,)) == "timestamp"
    assert judge("standard-webhooks", standard(at=NOW - late + (1 if late > 0 else -1)), (KEY,)) is None


@pytest.mark.parametrize("time", ["", "now", "-1", "1e9", "\uff11\uff18" * 5, "9" * 40])
def test_odd_times_and_ids_are_no_fault_of_ours(time):
    assert judge("standard-webhooks", {**standard(), "webhook-timestamp": time}, (KEY,)) == "timestamp"
    assert judge("standard-webhooks", standard(name="a.1"), (KEY,)) == "unsigned", "a dot could hide where the id ends"
    assert judge("standard-webhooks", standard(name="a" * 300), (KEY,)) == "unsigned"


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("secret", {"X-Hook-Secret": "\udcff\udcfe"}),
        ("gitlab", {"X-Gitlab-Token": "\udcff"}),
        ("github", {"X-Hub-Signature-256": "\udcff"}),
        ("standard-webhooks", {**standard(), "webhook-id": "\udcff"}),
        ("standard-webhooks", {**standard(), "webhook-signature": "v1,\udcff"}),
    ],
)
def test_bytes_that_are_no_text_are_no_fault_of_ours(form, headers):
    assert judge(form, headers, (KEY,)) == "signature"
    assert find_delivery(form, CIMultiDict({**headers, "X-GitHub-Delivery": "\udcff", "Idempotency-Key": "\udcff"}))


def test_gitlab_may_sign_as_standard_webhooks_says():
    assert judge("gitlab", standard(), (KEY,)) is None
    assert judge("gitlab", {**standard(), "X-Gitlab-Token": "wrong-token-of-it"}, (KEY,)) == "signature"


def test_a_delivery_is_known_by_its_senders_id_alone():
    first = find_delivery("github", CIMultiDict({"x-github-delivery": "one"}))
    assert first == find_delivery("github", CIMultiDict({"X-GitHub-Delivery": "one"}))
    assert first != find_delivery("github", CIMultiDict({"X-GitHub-Delivery": "two"}))
    assert find_delivery("secret", CIMultiDict()) is None
    assert not covers_id("github", {})
    assert not covers_id("gitea", {})
    assert covers_id("secret", {})


def test_secrets_stand_one_a_line_and_short_ones_are_none():
    assert read_secrets(f"\n {SECRET} \nshort\n{OTHER}\n") == (SECRET, OTHER)
    assert read_secrets("") == ()
    assert len(read_secrets("\n".join(f"{SECRET}-{n}" for n in range(9)))) == 4
