from __future__ import annotations

import time

import pytest

from agent_gateway.store.chatrows import ToolUse
from agent_gateway.wording.tools import ToolCall, build_lines, describe_call, fold, hide


@pytest.mark.parametrize(
    ("tool", "summary", "line"),
    [
        ("read", "src/app.py", "📖 src/app.py …"),
        ("write", "a.txt", "📝 a.txt …"),
        ("edit", "a.txt", "📝 a.txt …"),
        ("bash", "ls -l\nrm x", "💻 ls -l rm x …"),
        ("grep", "TODO", "🔍 TODO …"),
        ("find", "*.py", "🔍 *.py …"),
        ("deploy", "", "🔧 deploy …"),
        ("bash", "x " * 100, f"💻 {('x ' * 30)[:59].rstrip()}… …"),
    ],
)
def test_a_line_says_what_kind_and_about_what(tool, summary, line):
    assert build_lines([describe_call("c", tool, summary)], 1) == (line,)


def test_the_last_five_stand_and_the_others_are_counted():
    calls = [ToolCall(str(n), "read", f"f{n}", "done") for n in range(7)]
    calls[-1] = ToolCall("6", "bash", "make", "failed")
    assert build_lines(calls, 9) == ("4 earlier", "📖 f2 ✓", "📖 f3 ✓", "📖 f4 ✓", "📖 f5 ✓", "💻 make ✗")
    assert build_lines([], 0) == ()


@pytest.mark.parametrize(
    ("use", "line"),
    [
        (None, None),
        (ToolUse(0, 0, 9), None),
        (ToolUse(1, 0, 3.4), "1 tool · 3 s"),
        (ToolUse(5, 1, 42), "5 tools, 1 failed · 42 s"),
        (ToolUse(12, 12, 60), "12 tools, 12 failed · 1 min"),
        (ToolUse(2, 0, 125), "2 tools · 2 min 5 s"),
        (ToolUse(2, 0, 7300), "2 tools · 2 h 1 min"),
    ],
)
def test_one_line_stays_of_them(use, line):
    assert fold(use) == line


@pytest.mark.parametrize(
    "secret",
    [
        "export API_KEY={}",
        "export ANTHROPIC_API_KEY='{}'",
        "deploy --password {}",
        "deploy --token={}",
        'echo \'{{"token": "{}"}}\'',
        "mysql -u root:{} db",
        "curl -u me:{} https://host",
        "git clone https://me:{}@host/repo",
        "PGPASSWORD={} psql",
        "curl -H 'Authorization: Bearer {}'",
        "curl -H 'Authorization: token {}' h",
        "curl -H 'Proxy-Authorization: {}' h",
        "curl -H 'Cookie: a=1; id={}' h",
        "curl -H 'X-Auth: {}' h",
        'echo \'{{"key": "{}"}}\'',
        "curl --user me:{} https://host",
        "curl -ume:{} https://host",
        "git clone https://me:p@{}@host/repo",
        "curl 'https://host/?sig={}&x=1'",
        "DB_PASS={} ./run",
        "OPENAI_KEY={} ./run",
        "mysql -uroot -p{} db",
        "sshpass -p {} ssh host",
        "docker login -u me -p '{}' registry",
        "redis-cli -a {} ping",
        "openssl rsa -passin pass:{}",
        "echo '{}' | sudo -S ls",
        "echo {} | docker login --password-stdin",
        'TOKEN="a\\"b{}" make',
        "kubectl create secret generic x --from-literal=pw={}",
    ],
)
def test_what_is_called_a_secret_is_hidden(secret):
    assert "hunter2" not in hide(secret.format("hunter2"))
    assert "[hidden]" in hide(secret.format("hunter2"))


@pytest.mark.parametrize(
    "secret",
    [
        "sk-abcdefgh1234",
        "ghp_abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOi.eyJzdWIi.sig",
        "1000000001:AAabcdefghijklmnopqrstuvwxyz",
        "0123456789abcdef01234567.Ab9",
        "xoxb-123456789012",
        "rk_live_abcdefgh",
        "hf_abcdefghijklmnopqrst",
        "dop_v1_0123456789abcdef",
        "Zk3xv9Qd7Lm2Wp8Rt5Yc1Nb6Hs4Jg0Fa",
    ],
)
def test_what_looks_like_a_secret_is_hidden(secret):
    assert hide(f"run {secret} now") == "run [hidden] now"


@pytest.mark.parametrize(
    "text",
    [
        "git log --oneline -5",
        "pytest -q tests/unit/test_authentication.py",
        "src/components/navigation/sidebar/index.tsx",
        "docker run -u 1000 image",
        "curl https://example.org/path?q=1",
        "sort -k 2 words.txt",
        "grep token src/app.py",
        "tests/test_2_answers_are_delivered_in_order_after_restart.py",
        "npm run basic usage",
        "make bypass=1 keyboard=us author=me",
        "mkdir -p src/login",
        "git commit -m 'auth: say what was refused'",
        "git push -u origin main",
        "python manage.py migrate --database=default",
    ],
)
def test_what_is_none_stays(text):
    assert hide(text) == text


def test_a_private_key_is_hidden_to_the_end_of_what_is_looked_at():
    assert hide("echo '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK") == "echo '[hidden]"


@pytest.mark.parametrize("word", ["token", "--token", "a-", "://a", "login -", "echo ", "eyJa.", "'", '\\"'])
def test_hiding_takes_no_time_that_a_person_would_notice(word):
    begun = time.thread_time()
    for _ in range(200):
        describe_call("c", "bash", word * 500)
    assert time.thread_time() - begun < 5
