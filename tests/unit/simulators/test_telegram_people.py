"""What people can send in the simulated Telegram, as another library's types read it."""

from __future__ import annotations

import aiogram.types
import pytest
from aiohttp.test_utils import TestClient, TestServer

from agent_simulators.telegram import create_app

TOKEN = "1000000001:demo-token-of-the-simulator"
ADA = 42
GROUP = -1001
FORUM = -1002


@pytest.fixture
async def client():
    async with TestClient(TestServer(create_app(TOKEN))) as client:
        yield client


async def play(client, what, **body):
    response = await client.post(f"/sim/{what}", json=body)
    return {"status": response.status, **await response.json()}


async def call(client, method, /, **params):
    body = await (await client.post(f"/bot{TOKEN}/{method}", json=params)).json()
    return body["result"] if body["ok"] else body


async def said(client, **body):
    """Say something, and return the message of the update as the other library reads it."""
    told = await play(client, "messages", **{"chat": ADA, **body})
    assert told["status"] == 200, told
    updates = await call(client, "getUpdates", offset=told["update_id"])
    return aiogram.types.Update.model_validate(updates[-1]).message


async def test_a_reply_in_a_private_chat_bears_a_thread_id_that_is_no_topic(client):
    first = await said(client, text="hello")
    assert (first.message_thread_id, first.is_topic_message) == (None, None)
    sent = await call(client, "sendMessage", chat_id=ADA, text="hi", reply_parameters={"message_id": first.message_id})
    assert (sent["message_thread_id"], "is_topic_message" in sent) == (first.message_id, False)
    answered = await said(client, text="and what was it?", reply_to=sent["message_id"])
    assert (answered.message_thread_id, answered.is_topic_message) == (first.message_id, None)
    refused = await call(client, "sendMessage", chat_id=ADA, message_thread_id=answered.message_thread_id, text="x")
    assert "thread not found" in refused["description"].lower()
    for method, more in (("sendChatAction", {"action": "typing"}), ("sendMessageDraft", {"draft_id": 3, "text": "x"})):
        assert await call(client, method, chat_id=ADA, message_thread_id=99, **more) is True


async def test_a_thread_of_replies_in_a_plain_supergroup_is_no_topic_and_its_id_is_ignored(client):
    root = await said(client, chat=GROUP, user=ADA, text="hello")
    deeper = await said(client, chat=GROUP, user=43, text="no", reply_to=root.message_id)
    deepest = await said(client, chat=GROUP, user=ADA, text="yes", reply_to=deeper.message_id)
    assert [m.message_thread_id for m in (root, deeper, deepest)] == [None, root.message_id, root.message_id]
    assert deepest.reply_to_message.reply_to_message is None, "one level of replies"
    sent = await call(client, "sendMessage", chat_id=GROUP, message_thread_id=root.message_id, text="x")
    assert "message_thread_id" not in sent
    basic = await said(client, chat=-5, chat_type="group", user=ADA, text="hello")
    assert (await said(client, chat=-5, user=ADA, text="x", reply_to=basic.message_id)).message_thread_id is None


async def test_topics_bear_both_and_general_of_a_forum_none(client):
    topic = await said(client, chat=FORUM, topic=5, user=ADA, text="hello")
    assert (topic.message_thread_id, topic.is_topic_message) == (5, True)
    general = await said(client, chat=FORUM, user=ADA, text="hello")
    reply = await said(client, chat=FORUM, user=ADA, text="x", reply_to=general.message_id)
    assert (reply.message_thread_id, reply.is_topic_message, reply.chat.is_forum) == (None, None, True)
    for number in (1, 77):
        refused = await call(client, "sendMessage", chat_id=FORUM, message_thread_id=number, text="x")
        assert "thread not found" in refused["description"].lower()
    bare = await said(client, chat=FORUM, topic=5, user=ADA, text="from an old client", without_flag=True)
    assert (bare.message_thread_id, bare.is_topic_message) == (5, None)


async def test_private_topics_are_there_only_where_the_bot_has_them(client):
    await said(client, text="hello")
    assert (await call(client, "getMe"))["has_topics_enabled"] is False
    assert "not a forum" in (await call(client, "createForumTopic", chat_id=ADA, name="Work"))["description"]
    await call(client, "setMySettings", has_topics_enabled=True)
    assert (await call(client, "getMe"))["has_topics_enabled"] is True
    topic = await call(client, "createForumTopic", chat_id=ADA, name="Work")
    sent = await call(client, "sendMessage", chat_id=ADA, message_thread_id=topic["message_thread_id"], text="x")
    assert sent["is_topic_message"] is True
    implied = await said(client, topic="new", text="Why is the sky blue?")
    assert implied.is_topic_message
    assert implied.reply_to_message is None, "in private chats no message replies to what opened its topic"
    opened = [m for m in await messages(client) if m["service"] == "forum_topic_created"]
    assert opened[-1]["topic"] == implied.message_thread_id
    assert await call(client, "editForumTopic", chat_id=ADA, message_thread_id=implied.message_thread_id, name="Sky")
    chats = await (await client.get("/sim/chats")).json()
    assert [t["name"] for t in chats[0]["topics"]] == ["Work", "Sky"]


async def messages(client, chat=ADA):
    return (await (await client.get(f"/sim/chats/{chat}")).json())["messages"]


@pytest.mark.parametrize(
    ("forward", "kind"),
    [
        ({"user": {"id": 7, "first_name": "Ben"}}, "user"),
        ({"hidden": "Ben"}, "hidden_user"),
        ({"channel": {"id": -1009, "title": "News"}, "message_id": 3, "signature": "Eve"}, "channel"),
        ({"chat": -1008}, "chat"),
    ],
)
async def test_people_forward_from_everywhere(client, forward, kind):
    message = await said(client, text="Server is down since 10:00", forward=forward)
    assert message.forward_origin.type == kind
    assert "error" in await play(client, "messages", chat=ADA, text="x", forward={})


async def test_people_quote_a_part_of_what_they_reply_to(client):
    first = await said(client, text="🚗 Plan A uses a queue. Plan B uses a lock.")
    quoting = await said(client, text="Why this one?", reply_to=first.message_id, quote="Plan B uses a lock.")
    assert (quoting.quote.text, quoting.quote.position, quoting.quote.is_manual) == ("Plan B uses a lock.", 24, True)
    assert "error" in await play(client, "messages", chat=ADA, text="x", reply_to=first.message_id, quote="Plan C")


async def test_people_reply_to_messages_of_other_chats(client):
    external = {"channel": {"id": -1009, "title": "News"}, "message_id": 3, "text": "Version 4 is out.", "photo": {}}
    message = await said(client, text="Sum that up", external_reply=external, quote="Version 4")
    assert (message.external_reply.origin.message_id, message.external_reply.chat.id) == (3, -1009)
    assert message.external_reply.photo
    assert message.quote.text == "Version 4"


async def test_people_write_links_and_code(client):
    entities = [{"type": "text_link", "on": "here", "url": "https://example.org/5"},
                {"type": "pre", "on": "print(1)", "language": "python"}, {"type": "code", "on": "make all"}]  # fmt: skip
    message = await said(client, text="See here, run make all or print(1), @demo_bot", entities=entities)
    assert [(e.type, e.extract_from(message.text)) for e in message.entities] == [
        ("text_link", "here"), ("code", "make all"), ("pre", "print(1)"), ("mention", "@demo_bot"),
    ]  # fmt: skip
    assert (message.entities[0].url, message.entities[2].language) == ("https://example.org/5", "python")
    assert "error" in await play(client, "messages", chat=ADA, text="x", entities=[{"type": "bold", "on": "y"}])


PARAGRAPH = {"type": "paragraph", "text": "x"}


@pytest.mark.parametrize(
    ("kind", "given", "read"),
    [
        ("contact", {"phone": "+1", "name": "Ben"}, lambda m: m.contact.first_name == "Ben"),
        ("location", {"latitude": 1.5, "longitude": 2}, lambda m: m.location.latitude == 1.5),
        ("venue", {"latitude": 1.5, "longitude": 2, "title": "Café"}, lambda m: m.venue.title == "Café"),
        ("poll", {"question": "Lunch?", "options": ["yes", "no"]}, lambda m: m.poll.options[1].text == "no"),
        ("checklist", {"title": "To do", "tasks": ["a", "b"], "done": [2]},
         lambda m: [bool(t.completion_date) for t in m.checklist.tasks] == [False, True]),
        ("dice", {"emoji": "🎯", "value": 6}, lambda m: m.dice.value == 6),
        ("sticker", {"more": {"emoji": "👍"}}, lambda m: m.sticker.emoji == "👍"),
        ("paid_media", {"stars": 5}, lambda m: m.paid_media.star_count == 5),
        ("gift", {"text": "for you"}, lambda m: m.gift.text == "for you"),
        ("story", {}, lambda m: m.story.id == 1),
        ("rich_message", {"blocks": [PARAGRAPH]}, lambda m: m.rich_message.blocks[0].text == "x" and m.text is None),
        ("more", {"text": "x", "sender_chat": {"id": -7, "type": "channel", "title": "C"}}, lambda m: m.sender_chat.id == -7),
    ],
)  # fmt: skip
async def test_people_send_what_is_no_text(client, kind, given, read):
    assert read(await said(client, **{kind: given}))


async def test_a_channels_post_comes_into_its_group_and_comments_stand_below_it(client):
    told = await play(client, "channel_posts", channel=-1009, group=GROUP, title="News", text="Version 4 is out.")
    (update,) = await call(client, "getUpdates", offset=told["update_id"])
    post = aiogram.types.Update.model_validate(update).message
    assert (post.is_automatic_forward, post.sender_chat.id, post.forward_origin.message_id) == (
        True,
        -1009,
        told["post"],
    )
    comment = await said(client, chat=GROUP, user=ADA, text="@demo_bot why?", reply_to=told["message_id"])
    assert (comment.message_thread_id, comment.is_topic_message) == (told["message_id"], None)
    below = {"message_id": comment.message_id}
    sent = await call(client, "sendMessage", chat_id=GROUP, text="because", reply_parameters=below)
    assert sent["message_thread_id"] == told["message_id"]
    beside = await call(client, "sendMessage", chat_id=GROUP, text="and more")
    assert "message_thread_id" not in beside


async def test_the_bot_is_told_that_it_was_added(client):
    await play(client, "chats", chat=GROUP, title="Team", member="member", user=ADA)
    await play(client, "chats", chat=GROUP, member="administrator", user=ADA)
    updates = [aiogram.types.Update.model_validate(u) for u in await call(client, "getUpdates")]
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes] == [
        ("left", "member"), ("member", "administrator"),
    ]  # fmt: skip
    assert [u.message.new_chat_members[0].username for u in updates if u.message] == ["demo_bot"]
    assert (await play(client, "chats", chat=GROUP, member="king"))["status"] == 400


async def test_in_privacy_mode_only_what_is_for_the_bot_reaches_it(client):
    await call(client, "setMySettings", can_read_all_group_messages=False)
    assert (await play(client, "messages", chat=GROUP, user=ADA, text="lunch?"))["update_id"] == -1
    assert await said(client, chat=GROUP, user=ADA, text="@demo_bot lunch?")
    assert await said(client, chat=GROUP, user=ADA, text="/lunch")
    own = await call(client, "sendMessage", chat_id=GROUP, text="yes")
    assert await said(client, chat=GROUP, user=ADA, text="good", reply_to=own["message_id"])


async def test_reactions_of_people_are_told_to_who_asks_for_them(client):
    message = await said(client, text="hello")
    body = {"chat": ADA, "message_id": message.message_id, "emoji": "👍"}
    assert (await play(client, "reactions", **body))["update_id"] == -1
    await call(client, "getUpdates", allowed_updates=["message", "message_reaction"])
    told = await play(client, "reactions", **{**body, "emoji": "👎"})
    (update,) = await call(client, "getUpdates", offset=told["update_id"])
    change = aiogram.types.Update.model_validate(update).message_reaction
    assert (change.old_reaction[0].emoji, change.new_reaction[0].emoji) == ("👍", "👎")
