"""What passes between a pod and a tool server, and what becomes of the rest."""

from __future__ import annotations

import json

import pytest

from agent_contract.team import McpServer, ServerTools
from agent_gateway.mcp.answers import MAX_LIST, MAX_TOOLS, encode_hidden, filter_message
from agent_gateway.mcp.events import EventReader, TooLong
from agent_gateway.mcp.requests import Malformed, NotAllowed, Said, read_object, read_said
from agent_gateway.mcp.rules import Allowed, find_allowed
from agent_gateway.mcp.sessions import Sessions
from agent_gateway.runners.identity import Identity

SOME = Allowed((ServerTools(allow=["get_*", "add"], deny=["get_secret*"]),), resources=False, timeout=10)
ALL = Allowed((ServerTools(),), resources=True, timeout=10)
LISTED = Said(b"", "tools/list", 1)


def build(method, *, number=1, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode()


def read(data, allowed=SOME):
    return json.loads(read_said(data if isinstance(data, bytes) else data.encode(), allowed).body)


def test_a_call_goes_on_with_its_own_fields_alone():
    said = read_said(
        build("tools/call", name="add", arguments={"a": 1}, _meta={"progressToken": 7, "x": 1}, task={}), SOME
    )
    assert (said.method, said.id, said.tool) == ("tools/call", 1, "add")
    assert json.loads(said.body) == {
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "add", "arguments": {"a": 1}, "_meta": {"progressToken": 7}},
    }  # fmt: skip


@pytest.mark.parametrize("tool", ["delete_all", "get_secret_key", "Add", "add ", "ADD", "x" * 200, ""])
def test_a_tool_that_is_not_listed_is_not_called(tool):
    with pytest.raises((NotAllowed, Malformed)):
        read(build("tools/call", name=tool, arguments={}))


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","name":"delete_all"}}',
        '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"delete_all"}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools\\/call","params":{"n\\u0061me":"delete_all"}}',
    ],
)
def test_a_field_twice_counts_as_it_is_read_here(text):
    with pytest.raises(NotAllowed):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call","params":{"name":"delete_all"}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","Name":"delete_all","NAME":"delete_all"}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_all","name":"add"}}',
    ],
)
def test_what_another_reader_could_take_otherwise_does_not_go_on(text):
    assert "delete_all" not in json.dumps(read(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '[{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_all"}}]',
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["add"]}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":[]}}',
        '{"jsonrpc":"2.0","id":{},"method":"ping"}',
        '{"jsonrpc":"2.0","id":true,"method":"ping"}',
        '{"jsonrpc":"1.0","id":1,"method":"ping"}',
        '{"jsonrpc":"2.0","id":1,"method":7}',
        '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"add"}}',
        '{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":NaN}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":1e999}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":[-1e999]}}}',
        f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{{"a":{"9" * 500}}}}}}}',
        '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add","arguments":{"a":"\\ud800"}}}',
        f'{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"add","arguments":{{"a":{"9" * 5000}}}}}}}',
        f'{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"cursor":"{"c" * 5000}"}}}}',
        b'{"jsonrpc":"2.0","id":1,"method":"\xff"}',
    ],
)  # fmt: skip
def test_what_is_no_message_does_not_go_on(text):
    with pytest.raises(Malformed):
        read(text)


@pytest.mark.parametrize(
    "method", ["resources/read", "prompts/list", "sampling/createMessage", "tools/Call", "logging/setLevel"]
)
def test_other_methods_do_not_go_on(method):
    with pytest.raises(NotAllowed) as refused:
        read(build(method, uri="file:///etc/passwd"))
    assert refused.value.request_id == 1


def test_resources_go_on_where_the_class_says_so():
    assert read(build("resources/read", uri="note://a"), ALL)["params"] == {"uri": "note://a"}


def test_a_server_learns_of_nothing_that_it_could_ask_an_agent():
    said = read(
        build("initialize", protocolVersion="2025-11-25", capabilities={"sampling": {}, "roots": {}}, clientInfo={})
    )
    assert said["params"]["capabilities"] == {}


def test_only_a_ping_is_answered():
    assert read('{"jsonrpc":"2.0","id":"p","result":{}}') == {"jsonrpc": "2.0", "id": "p", "result": {}}
    with pytest.raises(NotAllowed):
        read('{"jsonrpc":"2.0","id":"p","result":{"roots":[]}}')


def test_tools_that_are_not_listed_are_not_seen():
    tools = [{"name": name} for name in ("add", "delete_all", "get_weather", "get_secrets")] + [{"name": 7}, "add", {}]
    message = {"jsonrpc": "2.0", "id": 1, "result": {"tools": tools, "nextCursor": "c", "more": 1}}
    assert filter_message(message, LISTED, SOME)["result"] == {
        "tools": [{"name": "add"}, {"name": "get_weather"}],
        "nextCursor": "c",
    }
    many = {"jsonrpc": "2.0", "id": 1, "result": {"tools": [{"name": f"t{n}"} for n in range(MAX_TOOLS + 9)]}}
    assert len(filter_message(many, LISTED, ALL)["result"]["tools"]) == MAX_TOOLS


def test_what_tools_say_of_themselves_is_bounded():
    tools = [{"name": f"t{n}", "description": "x" * 9999, "inputSchema": {}, "icons": ["x"]} for n in range(200)]
    found = filter_message({"jsonrpc": "2.0", "id": 1, "result": {"tools": tools}}, LISTED, ALL)
    assert len(encode_hidden(found, ())) < MAX_LIST + 100
    assert set(found["result"]["tools"][0]) == {"name", "description", "inputSchema"}


def test_what_passes_here_is_all_that_a_server_can():
    can = {"tools": {"listChanged": True}, "resources": {"subscribe": True}, "prompts": {}, "logging": {}}
    message = {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {"protocolVersion": "v", "capabilities": can, "instructions": "x" * 99_999},
    }
    found = filter_message(message, Said(b"", "initialize", 1), SOME)["result"]
    assert found["capabilities"] == {"tools": {}}
    assert len(found["instructions"]) < 20_000
    assert filter_message(message, Said(b"", "initialize", 1), ALL)["result"]["capabilities"] == {
        "tools": {},
        "resources": {},
    }


@pytest.mark.parametrize(
    "message",
    [
        {"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {"messages": []}},
        {"jsonrpc": "2.0", "id": 1, "method": "elicitation/create"},
        {"jsonrpc": "2.0", "method": "notifications/tools/list_changed"},
        {"jsonrpc": "2.0", "id": 2, "result": {"tools": [{"name": "delete_all"}]}},
        {"jsonrpc": "2.0", "id": "1", "result": {"tools": []}},
        {"jsonrpc": "2.0", "id": True, "result": {"tools": []}},
    ],
)
def test_what_was_not_asked_for_is_not_given(message):
    assert filter_message(message, LISTED, SOME) is None


def test_a_list_that_is_none_is_no_answer():
    with pytest.raises(Malformed):
        filter_message({"id": 1, "result": {"tools": {"add": 1}}}, LISTED, SOME)


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_a_number_that_is_none_is_not_passed_on(number):
    with pytest.raises(Malformed):
        read_object(b'{"a":[1,-1e999]}')
    with pytest.raises(Malformed):
        encode_hidden({"jsonrpc": "2.0", "id": 1, "result": {"a": number}}, ())


def test_a_key_that_a_server_repeats_is_taken_out():
    message = {"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": 'got Bearer k"\\é-1234'}]}}
    assert b"1234" not in encode_hidden(message, ['k"\\é-1234'.encode()])


def test_every_class_above_must_list_a_server_and_its_tool():
    mine = McpServer(connection="t", tools=ServerTools(allow=["*"]), resources=True, timeout=3)
    above = McpServer(connection="t", tools=ServerTools(allow=["get_*"]))
    found = find_allowed([[mine], [above]], "t")
    assert (found.has("get_x"), found.has("add"), found.resources, found.timeout) == (True, False, False, 3)
    assert find_allowed([[mine], []], "t") is None
    assert find_allowed([[], [above]], "t") is None
    assert find_allowed([], "t") is None


def test_a_session_is_the_pods_that_it_was_given_to():
    sessions, who = Sessions(), Identity("tg-1", 1, 2, "pod", "uid", "job")
    shown = sessions.seal(who, "tracker", "abc")
    assert sessions.open(who, "tracker", shown) == "abc"
    for other in (
        Identity("tg-2", 2, 2, "pod", "uid", "job"),
        Identity("tg-1", 1, 3, "pod", "uid", "job"),
        Identity("tg-1", 1, 2, "pod", "uid-2", "job"),
    ):
        assert sessions.open(other, "tracker", shown) is None
    assert sessions.open(who, "wiki", shown) is None
    assert Sessions().open(who, "tracker", shown) is None
    for odd in ("abc", "", shown[:-1], shown + "d", "é" + shown, shown[:24], "x" * 5000):
        assert sessions.open(who, "tracker", odd) is None
    for odd in ("", "a b", "a\r\nb", "é", "x" * 2000):
        assert sessions.seal(who, "tracker", odd) is None


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_events_are_read_in_any_pieces(size):
    stream = b": hi\r\n\r\nevent: message\r\nid: 7\r\ndata: one\r\ndata: more\r\n\r\ndata:two\n\nevent: endpoint\ndata: no\n\ndata: part"
    reader = EventReader(100)
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [data for piece in pieces for data in reader.feed(piece)] == [b"one\nmore", b"two"]


def test_an_event_has_a_bound():
    reader = EventReader(100)
    with pytest.raises(TooLong):
        list(reader.feed(b"data: " + b"x" * 100))
    with pytest.raises(TooLong):
        list(EventReader(100).feed(b"data: x\n" * 20))
