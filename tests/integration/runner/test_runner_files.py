"""Files and words for a running turn, as the runner and the real pi see them."""

from __future__ import annotations

import base64
import struct
import zlib

from agent_contract import wire
from agent_runner.chatfiles import MAX_IMAGE_BYTES, MAX_SMALLER, MAX_WHOLE
from dev.bench import madesessions
from tests.support.eventually import eventually
from tests.support.runner_talk import begin, texts

# one red point
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC")


def asked(request):
    """Return the words and images of the last thing that a person said to the model."""
    content = [m for m in request["body"]["messages"] if m["role"] == "user"][-1]["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    words = "".join(part.get("text", "") for part in parts)
    return words, [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


async def test_files_lie_in_the_inbox_before_the_agent_is_asked(gateway, runner, model_requests):
    gateway.files = [PNG, b"one,two\n", (404, "Telegram refuses: file is too big.")]
    (runner.workspace / "inbox").mkdir()
    (runner.workspace / "inbox" / "table.csv").write_text("earlier")
    files = [
        wire.TurnFile(name="photo-7.png", media_type="image/png", size=len(PNG)),
        wire.TurnFile(name="table.csv", media_type="text/csv"),
        wire.TurnFile(name="gone.bin"),
    ]
    await begin(gateway, runner, "bash: cat inbox/table-2.csv", files=files)
    events = await gateway.ended(1)
    assert (runner.workspace / "inbox" / "photo-7.png").read_bytes() == PNG
    assert (runner.workspace / "inbox" / "table.csv").read_text() == "earlier"
    assert [e.text for e in events if isinstance(e, wire.Notice)] == [
        "gone.bin could not be fetched: Telegram refuses: file is too big."
    ]
    words, images = asked(model_requests()[0])
    assert "- inbox/photo-7.png (image/png, 69 B)" in words
    assert "- inbox/table-2.csv (text/csv, 8 B)" in words
    assert "- gone.bin could not be fetched" in words
    assert "\n\nbash: cat inbox/table-2.csv" in words
    assert images == []  # of a model that nobody says sees them


async def test_a_model_that_sees_is_shown_the_images(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    gateway.files = [PNG]
    await begin(gateway, runner, "", files=[wire.TurnFile(name="p.png", media_type="image/png", size=len(PNG))])
    await gateway.ended(1)
    words, images = asked(model_requests()[0])
    assert "inbox/p.png" in words
    assert images == ["data:image/png;base64," + base64.b64encode(PNG).decode()]


async def test_the_largest_image_passes_the_model_and_the_session(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    other = madesessions.make_png(500, 500, noise=1)
    gateway.files = [madesessions.make_png(1500, 1500, noise=1), other, PNG]
    assert MAX_IMAGE_BYTES < len(gateway.files[0]) < MAX_WHOLE
    files = [wire.TurnFile(name=f"{n}.png", media_type="image/png") for n in range(3)]
    await begin(gateway, runner, "hello", files=files)
    events = await gateway.ended(1)
    assert isinstance(events[-1], wire.TurnSettled)
    words, images = asked(model_requests()[0])
    assert len(images) == 2  # there is no room for the other
    assert "1.png (image/png, 751 kB)\n  (too large to be shown" in words
    assert 4000 < len(images[0]) < MAX_SMALLER * 4 / 3
    [stored] = [line for line in gateway.lines() if '"role":"user"' in line]
    assert stored.count('"type":"image"') == 2
    assert isinstance((await gateway.ask(2, "and again"))[-1], wire.TurnSettled)


async def test_what_only_is_called_an_image_is_not_shown_to_the_model(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    gateway.files = [b"\x1f\x8b no picture", PNG]
    files = [
        wire.TurnFile(name="sticker-7.webp", media_type="image/webp"),
        wire.TurnFile(name="p.jpg", media_type="image/jpeg", size=len(PNG)),
    ]
    await begin(gateway, runner, "", files=files)
    await gateway.ended(1)
    words, images = asked(model_requests()[0])
    assert "inbox/sticker-7.webp" in words
    assert images == ["data:image/png;base64," + base64.b64encode(PNG).decode()]  # by what it is


async def test_files_are_fetched_though_the_gateway_is_away_for_seconds(gateway, runner):
    gateway.away = 5
    gateway.files = [b"at last"]
    await begin(gateway, runner, "bash: cat inbox/late.txt", files=[wire.TurnFile(name="late.txt")])
    events = await gateway.ended(1)
    assert [e for e in events if isinstance(e, wire.Notice)] == []
    assert (runner.workspace / "inbox" / "late.txt").read_bytes() == b"at last"


async def test_a_stop_while_files_are_fetched_ends_the_turn_at_once(gateway, runner, monkeypatch):
    gateway.files = [(503, "not now")]
    await begin(gateway, runner, "look", files=[wire.TurnFile(name="p.png")])
    await eventually(lambda: "file_not_fetched" in runner.log)
    await gateway.send(wire.Abort(turn=1))
    events = await gateway.ended(1)
    assert events == [wire.Failed(reason="aborted")]
    assert isinstance((await gateway.ask(2, "hello"))[-1], wire.TurnSettled)


async def test_the_agent_sends_a_file_once_though_the_first_try_fails(gateway, runner):
    gateway.file_status = [(503, "The database does not answer.")]
    (runner.workspace / "out").mkdir()
    (runner.workspace / "out" / "report.txt").write_text("all is well")
    await begin(gateway, runner, 'tool: send_file {"path": "out/report.txt", "caption": "für dich"}')
    events = await gateway.ended(1)
    assert "Handed over for the chat: report.txt (11 B)." in texts(events)[-1]
    [(query, body)] = gateway.sent
    assert (query["turn"], query["name"], body) == ("1", "report.txt", b"all is well")
    assert base64.urlsafe_b64decode(query["caption"]).decode() == "für dich"


async def test_what_may_not_be_sent_is_the_tools_error(gateway, runner):
    gateway.file_status = [(413, "The file has more than 50 MB.")]
    (runner.workspace / "link").symlink_to("/etc/hostname")
    (runner.workspace / "loop").symlink_to("loop")
    (runner.workspace / "empty").touch()
    (runner.workspace / "big").write_text("as the gateway says")
    tries = {
        "/etc/passwd": "must be in the workspace", "link": "must be in the workspace", "none": "no such file",
        "loop": "leads nowhere", "a\\u0000b": "leads nowhere", ".": "not a file", "empty": "is empty", "big": "more than 50 MB",
    }  # fmt: skip
    calls = " || ".join(f'send_file {{"path": "{path}"}}' for path in tries)
    await begin(gateway, runner, f"multi: {calls}")
    events = await gateway.ended(1)
    assert [e.error for e in events if isinstance(e, wire.ToolEnded)] == [True] * len(tries)
    told = "\n".join(line for line in gateway.lines() if '"toolResult"' in line)
    for words in tries.values():
        assert words in told
    assert gateway.sent == []


async def test_words_for_the_running_turn_are_read_before_it_ends(gateway, runner, model_requests):
    await begin(gateway, runner, "bash: until [ -e go ]; do sleep 0.05; done")
    await eventually(lambda: any(isinstance(e, wire.ToolStarted) for e in gateway.events(1)))
    for _ in range(2):
        await gateway.send(wire.Steer(turn=1, id=5, text="recall"))
    await gateway.send(wire.Look(id="look-1", what="changes"))  # once it is answered, pi has what came before
    await eventually(lambda: "look-1" in gateway.looks)
    (runner.workspace / "go").touch()
    events = await gateway.ended(1)
    assert [e.id for e in events if isinstance(e, wire.Steered)] == [5]
    assert isinstance(events[-1], wire.TurnSettled)
    assert "bash: until [ -e go ]" in texts(events)[-1]  # what "recall" answers
    assert asked(model_requests()[-1])[0] == "recall"


async def test_words_for_a_turn_that_is_over_are_not_read(gateway, runner, model_requests):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello")
    await gateway.send(wire.Steer(turn=1, id=5, text="late"))
    events = await gateway.ask(2, "again")
    assert [e for e in events if isinstance(e, wire.Steered)] == []
    assert all("late" not in asked(request)[0] for request in model_requests())


def make_png(width, height):
    """Return a white picture."""
    rows = (b"\0" + b"\xff" * 3 * width) * height

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return PNG[:8] + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows, 1)) + part(b"IEND", b"")


async def test_a_picture_that_is_too_wide_for_providers_is_made_smaller(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    gateway.files = [make_png(9000, 40)]
    await begin(gateway, runner, "look", files=[wire.TurnFile(name="wide.png", media_type="image/png")])
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)
    words, [image] = asked(model_requests()[0])
    assert max(struct.unpack(">II", base64.b64decode(image.partition(",")[2])[16:24])) <= 2000
    assert "9000x40" in words


async def test_a_picture_that_is_too_large_to_be_decoded_is_not_shown(gateway, make_runner, model_requests):
    runner = make_runner(images=True)
    bomb = bytearray(make_png(1, 1))
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    gateway.files = [bytes(bomb)]
    await begin(gateway, runner, "look", files=[wire.TurnFile(name="bomb.png", media_type="image/png")])
    assert isinstance((await gateway.ended(1))[-1], wire.TurnSettled)
    words, images = asked(model_requests()[0])
    assert images == []
    assert "60000x60000 pixels, too large to be shown" in words
