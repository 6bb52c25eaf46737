from __future__ import annotations

from agent_gateway.tracing import opened, turns
from agent_gateway.tracing.genai import CONVERSATION
from agent_kube.tracing.spans import RUNNER, read_run_trace
from tests.unit.gateway.tracing.told import CREATED, THREAD, Told, times


def test_a_cold_message_is_one_trace_from_update_to_answer():
    told = Told()
    told.cold()
    root, by_name = told.root, told.by_name
    assert times(root) == (0, 3.2)
    assert root.attributes["openclaw.start"] == "cold"
    assert root.attributes[CONVERSATION] == THREAD
    assert root.attributes["gen_ai.usage.output_tokens"] == 5
    assert {span.trace for span in told.spans} == {root.trace}
    assert len({span.id for span in told.spans}) == len(told.spans)
    parts = {name: times(span) for name, span in by_name.items()}
    assert parts == {
        "invoke_agent pi": (0, 3.2), "store update": (0, 0.02), "dispatch update": (0.02, 0.05),
        "begin run": (0.05, 0.15), "write AgentThread": (0.15, 0.2), "start pod": (0.2, 1.4),
        "wait for agent": (1.4, 1.85), "start runner": (1.25, 1.45), "load pi": (1.3, 1.8),
        "open session": (1.5, 1.85), "deliver turn": (1.85, 1.9), "prompt agent": (1.9, 2.0), "chat glm-5": (2.0, 2.4),
        "reserve budget": (2.0, 2.02), "wait for model": (2.02, 2.1), "read first text": (2.1, 2.15),
        "show first text": (2.15, 2.25), "execute_tool bash": (2.4, 2.6), "finish turn": (2.98, 3.0),
        "send answer": (3.0, 3.2),
    }  # fmt: skip
    assert by_name["load pi"].service == RUNNER
    assert by_name["start runner"].parent == by_name["start pod"].id
    assert by_name["reserve budget"].parent == by_name["chat glm-5"].id
    chat = by_name["chat glm-5"]
    assert chat.client
    assert chat.attributes == {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "zai", "gen_ai.request.model": "glm-5",
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5, "http.response.status_code": 200,
        "gen_ai.usage.cache_read.input_tokens": 2, "gen_ai.usage.cache_creation.input_tokens": 0,
        "gen_ai.response.model": "glm-5-air", "gen_ai.request.max_tokens": 4096,
        "gen_ai.response.time_to_first_chunk": 0.1,
    }  # fmt: skip


def test_the_operator_is_told_which_trace_a_run_is_begun_for():
    told = Told()
    assert told.traces.find_run_trace(THREAD, 3) is None
    told.queue()
    run, parent = read_run_trace(told.traces.find_run_trace(THREAD, 3))
    told.write()
    told.hello(1.0)
    assert run == 3
    assert (parent.trace, parent.span) == (told.by_name["start pod"].trace, told.by_name["start pod"].id)
    told.send(1.2)
    assert told.traces.find_run_trace(THREAD, 4) is None, "its turn is under way"


def test_the_trace_of_an_answer_is_known_when_that_is_recorded_which_is_after_its_end(monkeypatch):
    monkeypatch.setattr(turns, "MOST_CLOSED", 2)
    told = Told()
    told.cold()
    assert told.traces.find_trace(7) == f"{told.root.trace:032x}"
    for turn in (8, 9):
        told.queue(turn)
        told.step("turns_cancelled", 1.0, turns=[turn])
    assert told.traces.find_trace(7) is None, "a bounded number is kept"
    assert told.traces.find_trace(9) is not None
    assert told.traces.find_trace(None) is None


def test_live_and_warm_turns_say_so():
    live = Told()
    live.queue()
    live.send(0.1)
    live.end(0.3)
    live.answer(0.4)
    assert live.root.attributes["openclaw.start"] == "live"
    assert times(live.by_name["deliver turn"]) == (0.05, 0.1)
    warm = Told()
    warm.queue()
    warm.hello(0.09, warm=True)
    warm.send(0.1)
    warm.write(at=0.2)
    warm.end(0.3)
    warm.answer(0.4)
    assert warm.root.attributes["openclaw.start"] == "warm"
    assert times(warm.by_name["claim pod"]) == (0.05, 0.09)
    assert times(warm.by_name["write AgentThread"]) == (0.15, 0.2)
    assert times(warm.by_name["deliver turn"]) == (0.09, 0.1)


def test_a_gateway_that_takes_over_goes_on_with_the_same_trace():
    first, second = Told(), Told()
    first.queue()
    first.send(0.1)
    second.step("turn_open", 5.0, agent_thread=THREAD, run=3, turn=7, created=CREATED)
    second.call(5.1, 5.2)
    second.end(6.0)
    second.answer(6.1)
    assert second.root.trace == first.spans[0].trace
    assert second.root.id == first.spans[0].parent
    assert times(second.root) == (0.05, 6.1), "from the turn's row"


def test_an_answer_that_was_sent_before_its_turn_was_told_to_be_over_ends_the_trace_too():
    told = Told()
    told.queue()
    told.send(0.1)
    told.answer(0.5)
    assert not [span for span in told.spans if span.name == "invoke_agent pi"]
    told.end(0.51)
    assert times(told.root) == (0, 0.51)


def test_a_failed_turn_and_a_failed_tool_and_a_failed_call_are_errors():
    told = Told()
    told.queue()
    told.send(0.1)
    told.call(0.2, 0.3, status=503)
    told.tool(0.4, 0.5, error=True)
    told.end(1.0, state="failed", reason="provider")
    told.answer(1.1)
    assert told.root.failed == "provider"
    assert told.by_name["chat glm-5"].failed == "503"
    assert told.by_name["execute_tool bash"].failed == "tool_error"


def test_a_cancelled_turn_hides_none_of_the_next_one():
    told = Told()
    told.queue(7)
    told.queue(8)
    told.step("turns_cancelled", 0.06, turns=(7,))
    assert told.root.attributes["openclaw.state"] == "cancelled"
    told.write()
    told.hello(1.0)
    told.send(1.1, turn=8)
    told.end(1.2, turn=8)
    told.answer(1.3, turn=8)
    assert told.by_name["start pod"].parent == told.by_name["invoke_agent pi"].id


def test_a_turn_of_which_nobody_said_that_it_is_over_ends_with_the_next_that_is_sent():
    told = Told()
    told.queue(7)
    told.queue(8)
    told.send(1.1, turn=8)
    assert told.root.attributes["openclaw.turn"] == 7


def test_a_sub_agent_is_a_part_of_its_parents_trace():
    told = Told()
    told.queue()
    told.send(0.1)
    told.step("subagent_wanted", 0.2, {"turn": 7}, subagent="tg-42-r3-k1", agent_thread=THREAD)
    told.send(1.0, turn=9, run=1, thread="tg-42-r3-k1")
    told.end(2.0, turn=9, told=False)
    child = told.root
    told.end(2.5)
    told.answer(2.6)
    parent = [span for span in told.spans if span.name == "invoke_agent pi"][-1]
    assert (child.trace, child.parent) == (parent.trace, parent.id)
    assert child.attributes[CONVERSATION] == "tg-42-r3-k1"


def test_only_a_share_is_told_and_of_the_rest_nothing():
    told = Told(ratio=0.0)
    told.cold()
    assert told.spans == []
    assert told.traces.find_run_trace(THREAD, 3) is None
    assert told.traces.find_trace(7) is None


def test_no_text_of_people_or_tools_is_told():
    told = Told()
    told.queue()
    told.send(0.1)
    told.tool(0.2, 0.3, tool="my password is hunter2")
    told.end(0.5)
    told.answer(0.6)
    said = repr(told.spans)
    assert "hunter2" not in said
    assert "secret" not in said
    assert "execute_tool other" in said


def test_a_turn_has_a_bound_of_spans_and_says_how_many_it_left_out():
    told = Told()
    told.queue()
    told.send(0.1)
    for number in range(opened.MOST_SPANS + 10):
        told.tool(1 + number / 1000, 1.0005 + number / 1000)
    told.end(4)
    told.answer(5)
    assert told.root.attributes["openclaw.spans_left_out"] == 15
    assert len(told.spans) == opened.MOST_SPANS + 1


def test_what_is_under_way_has_a_bound():
    told = Told()
    for number in range(turns.MOST_TURNS + 5):
        told.queue(number)
    roots = [span.attributes["openclaw.turn"] for span in told.spans if span.name == "invoke_agent pi"]
    assert roots == list(range(5))


def test_an_answer_that_is_never_sent_ends_its_trace_all_the_same():
    told = Told()
    told.queue()
    told.send(0.1)
    told.end(1.0)
    told.queue(8, at=turns.ANSWER_SECONDS + 2)
    assert times(told.root) == (0, 1.0)
    assert told.root.attributes["openclaw.cut"] is True


def test_an_exemplar_can_name_a_turns_trace():
    told = Told()
    told.queue()
    assert told.traces.find_trace(7) == f"{told.spans[0].trace:032x}"
    assert told.traces.find_trace(None) is None
