# While a message waits for its answer to begin.

starting = Waking up your agent…
working = Working…
queued = ⏳ Next in line. To change what I'm doing right now, reply to that message or use /steer.
late = This is taking longer than usual. I keep trying.
slots-next = All agents are busy. You're next.
slots-place = All agents are busy. You're number { NUMBER($place) } in line.
agent-away = I lost touch with your agent for a moment. If it doesn't come back soon, I'll go on with a new one.
unconfirmed = Your agent has your message but hasn't begun yet. I keep reminding it.
agent-stopping = One moment: the agent before is just finishing.
conversation-renewing = One moment: this conversation is being set up anew.
cannot-start = Can't start your agent right now. I'll keep trying.
paused = An administrator has paused this conversation. Your message waits.
unstorable = Something is wrong with this conversation, so your message waits. Please tell an administrator: { $id }
wait-room = Waiting for room for your agent…
wait-disk = Waiting for your agent's disk…
wait-fetching = Getting your agent's software. The first time takes a while.
wait-settings = Can't start your agent: its settings need an administrator. Your message waits.
wait-queue = Your agent waits its turn in the cluster's queue…
wait-cluster = The cluster has trouble starting your agent. I keep trying.
for-administrators = For administrators: { $details }
