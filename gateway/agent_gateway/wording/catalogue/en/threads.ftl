# How conversations are: /status, /threads and their buttons, /kill.

state-working = Working for { $time }
state-waking = Waking up
state-waiting = Waiting for my turn
state-ready = Ready
state-asleep = Asleep until you write
state-closed = The topic is closed
state-topic-gone = The topic is gone
state-chat-gone = The chat is gone
status-model = model { $name }
status-next-model = model { $name }, { $next } from the next answer on
status-queued = { $count ->
    [one] 1 message waiting
   *[other] { $count } messages waiting
}
status-helpers = { $count ->
    [one] 1 sub-agent at work
   *[other] { $count } sub-agents at work
}
status-unbegun = We haven't started yet. Write me what you want done.
threads-none = No conversations here yet. Write me something and one begins.
threads-head = Conversations, last used first. Tap one to open, stop or end it.
threads-untitled = no title
threads-button-open = Open ↗
threads-button-stop = ⏹ Stop
threads-button-end = End it
threads-button-back = ◀ All
threads-nothing-runs = Nothing is running there.
threads-stopping = Stopping…
kill-question = This ends the agent of “{ $title }” right away. What waits for it is dropped; the conversation and its files stay.
    .do = End it
kill-idle = There's nothing to end here.
start-failed-more = { $count ->
    [one] One more message waits for that; “Try again” asks it too.
   *[other] { $count } more messages wait for that; “Try again” asks them too.
}
venue-topic-gone = The topic “{ $title }” is gone, so I stopped what I did there. What was said stays in the history.
venue-topic-gone-untitled = The topic is gone, so I stopped what I did there. What was said stays in the history.
venue-chat-gone = I can't write in “{ $title }” any more, so I stopped what I did there. What was said stays in the history.
venue-chat-gone-untitled = I can't write in the chat any more, so I stopped what I did there. What was said stays in the history.
venue-dropped = { $count ->
    [one] I dropped one waiting message.
   *[other] I dropped { $count } waiting messages.
}
threads-private = private chat
status-slots = Agents at work: { $active } of { $most }
status-context = Context used: { $tokens } tokens
status-pod = Pod: { $name }
venue-closed = While this topic is closed, your message waits. I answer it once the topic is open again.
status-cold-preparing = The next agents were just being made ready, so this one had to be started first.
status-cold-hours = No agents are kept ready at this time, so this one had to be started first.
status-cold-unfit = No ready agent suits this conversation, so this one had to be started first.
status-cold-none = No agent was ready, so this one had to be started first.
