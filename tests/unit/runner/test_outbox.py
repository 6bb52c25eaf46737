from __future__ import annotations

from agent_contract import wire
from agent_contract.frames import MAX_LINES
from agent_contract.sessionlines import MAX_STRUCTURE, measure_structure
from agent_runner.outbox import MERGED, TEXT_PAUSE, Outbox, Wait


def text(offset, words, message=0):
    return wire.Text(message=message, offset=offset, text=words)


def drain(outbox, now=0.0):
    frames = []
    while not isinstance(frame := outbox.take(now), Wait):
        frames.append(frame)
        now += 1
    return frames


def test_first_text_goes_at_once_and_the_next_waits():
    outbox = Outbox()
    outbox.add_event(1, text(0, "a"))
    assert outbox.take(10.0).event.text == "a"
    outbox.add_event(1, text(1, "b"))
    outbox.add_event(1, text(2, "c"))
    wait = outbox.take(10.01)
    assert isinstance(wait, Wait)
    assert 0 < wait.seconds <= TEXT_PAUSE
    frame = outbox.take(10.0 + TEXT_PAUSE)
    assert (frame.seq, frame.event.offset, frame.event.text) == (2, 1, "bc")


def test_text_does_not_wait_when_something_follows():
    outbox = Outbox()
    outbox.add_event(1, text(0, "a"))
    outbox.take(10.0)
    outbox.add_event(1, text(1, "b"))
    outbox.add_event(1, wire.MessageDone(message=0, text="ab"))
    assert outbox.take(10.0).event.text == "b"


def test_text_of_another_message_or_turn_is_not_merged():
    outbox = Outbox()
    outbox.add_event(1, text(0, "a"))
    outbox.add_event(1, text(0, "b", message=1))
    outbox.add_event(2, text(0, "c"))
    assert [frame.event.text for frame in drain(outbox)] == ["a", "b", "c"]


def test_unacknowledged_is_sent_again_unchanged():
    outbox = Outbox()
    outbox.add_event(1, text(0, "a"))
    outbox.add_event(1, wire.Thinking())
    outbox.add_event(1, text(1, "b"))
    first = drain(outbox)
    outbox.add_event(1, text(2, "c"))
    outbox.ack(1)
    outbox.rewind()
    assert drain(outbox) == [*first[1:], wire.EventFrame(seq=4, turn=1, event=text(2, "c"))]


def test_acknowledged_is_forgotten():
    outbox = Outbox(limit=1000)
    outbox.add_event(1, text(0, "x" * 2000))
    assert outbox.full
    drain(outbox)
    outbox.ack(1)
    assert outbox.empty
    assert outbox.roomy
    assert isinstance(outbox.take(0.0), Wait)


def test_more_than_was_sent_may_be_acknowledged_after_a_reconnect():
    outbox = Outbox()
    outbox.add_event(1, wire.Thinking())
    outbox.ack(1)
    outbox.rewind()
    outbox.add_event(1, wire.Thinking())
    assert [frame.seq for frame in drain(outbox)] == [2]


def test_lines_are_split_into_frames_of_a_size():
    outbox = Outbox()
    outbox.add_entries(["x" * (wire.MAX_FRAME_BYTES // 5)] * 3)
    frames = drain(outbox)
    assert [len(frame.lines) for frame in frames] == [1, 1, 1]
    assert [frame.seq for frame in frames] == [1, 2, 3]


def test_adding_is_told():
    outbox = Outbox()
    told = []
    outbox.on_added = lambda: told.append(1)
    outbox.add_event(1, text(0, "a"))
    outbox.add_event(1, text(1, "b"))
    outbox.add_leave("idle")
    assert len(told) == 3


def test_no_frame_has_more_lines_or_parts_than_a_gateway_reads():
    outbox = Outbox()
    lines = [f'{{"id":"{number}"}}' for number in range(1200)]
    wide = ['{"x":[' + ",".join(["[]"] * 20_000) + "]}"] * 4
    outbox.add_entries(lines + wide)
    frames = drain(outbox)
    assert [line for frame in frames for line in frame.lines] == lines + wide
    assert max(len(frame.lines) for frame in frames) == MAX_LINES
    assert max(sum(map(measure_structure, frame.lines)) for frame in frames) <= MAX_STRUCTURE


def test_text_is_lengthened_to_what_a_frame_holds():
    outbox = Outbox()
    for number in range(40):
        outbox.add_event(1, text(number * 3000, "😀" * 3000))
    frames = drain(outbox)
    assert "".join(frame.event.text for frame in frames) == "😀" * 120_000
    assert max(len(frame.event.text) for frame in frames) <= MERGED
