"""The runner with the real pi: turns, tools, retries, restored sessions."""

from __future__ import annotations

from agent_contract import wire


def texts(events):
    return [event.text for event in events if isinstance(event, wire.MessageDone)]


def streamed(events, message=0):
    text = ""
    for event in events:
        if isinstance(event, wire.MessageReplaced) and event.message == message:
            text = ""
        if isinstance(event, wire.Text) and event.message == message:
            assert event.offset == len(text)
            text += event.text
    return text


async def test_first_turn_streams_and_settles(gateway, runner):
    await runner.start()
    await gateway.ready()
    events = await gateway.ask(1, "hello there")
    assert isinstance(events[0], wire.TurnStarted)
    assert isinstance(events[-1], wire.TurnSettled)
    assert streamed(events) == "Echo: hello there "
    assert texts(events) == ["Echo: hello there "]
    assert {"pi_spawned", "connected", "welcomed", "pi_ready"} <= set(gateway.readies[0].timings)


async def test_entries_of_a_turn_come_before_its_end(gateway, runner):
    await runner.start()
    await gateway.ready()
    await gateway.ask(1, "hello there")
    end = next(
        i for i, f in enumerate(gateway.frames) if isinstance(f, wire.EventFrame) and f.event.kind == "turn_settled"
    )
    before = [line for frame in gateway.frames[:end] if isinstance(frame, wire.Entries) for line in frame.lines]
    assert any("hello there" in line and '"role":"user"' in line for line in before)
    assert any('"role":"assistant"' in line for line in before)
    assert before == gateway.lines()
