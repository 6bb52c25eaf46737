# How an answer ends where it does not come to its end.

stopped = Stopped.
empty-answer = The agent finished without writing anything. Ask “what did you do?”, or try again.
agent-crashed = The agent crashed.
agent-failed = The agent gave up.
could-not-start = I couldn't start.
carries-on = I'm carrying on with a new one.

lost-memory = The agent ran out of memory.
lost-computer = The computer that the agent worked on went away.
lost-time = The agent's time was up.
lost-stopped = The agent was stopped.
lost-replaced = A newer agent took over.
lost-left = The agent had left.
lost-crashed = The agent keeps crashing.
lost-connection = I lost the connection to the agent.
lost-settings = The agent's settings need an administrator.
lost-paused = An administrator has paused this conversation.
lost-room = There is no room for the agent right now.
lost-disk = The agent's disk wasn't ready in time.
lost-disk-full = The agent filled its disk: “{ $volume }” may hold { $limit }. An administrator can give it more room.
lost-disk-full-plain = The agent filled its disk. An administrator can give it more room.
lost-preempted = Something more urgent needed the agent's room.
lost-queue = The agent has to wait in the cluster's queue.
lost-cluster = The cluster has trouble starting the agent.
lost-fetching = Getting the agent's software took too long.
lost-siblings = It waited for another sub-agent to finish.
lost-done = The agent had done its task.
lost-cancelled = It was cancelled.
lost-no-answer = The agent ended without an answer.
lost-error = The agent failed.
lost-moved = The group got a new id in Telegram, so the agent had to start over.
lost-restored = I was put back to an earlier state, so the agent had to start over.

again-stop = ⏹ Stop
again-retry = 🔁 Try again
again-continue = ▶ Continue
again-asked = Trying again…
again-continued = Continuing…
again-already = Already asked again.
again-whole = Nothing to continue: that answer is complete.
stop-pressed = Stopping…
turn-over = Already finished.

files-none = ⚠️ The workspace is empty: earlier files could not be kept. I still remember our conversation.
files-older = ⚠️ The workspace has older files: the newest could not be kept. I still remember our conversation.
files-partly = ⚠️ Some of your files are missing: together they grew too large to keep (limit { $limit }), so I kept the smaller ones.
files-too-large = ⚠️ Your files grew too large to keep (limit { $limit }), so the workspace is empty. I still remember our conversation.
file-refused = { $name } couldn't be sent. Telegram says: { $why }

set-aside = Sorry, something in this message broke me (no. { $number }). Please send it in another form.
job-failed = Sorry, /{ $command } didn't work out. Please send it again, or tell an administrator.

restored-cut = I was put back to an earlier state, in which this message wasn't answered yet. If there is an answer above, I don't remember it; if not, try again.
restored-repeated = (Perhaps you have read this before: I was put back to an earlier state.)
restored-note = ⚠️ I was put back to an earlier state: I don't know what was said and done here since then, and the files are those of that time.

error-id = error { $id }
telegram-says-no = no.
