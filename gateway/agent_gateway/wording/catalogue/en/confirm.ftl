# Questions with a button: /cleanup and /forget.

confirm-cancel = Cancel
confirm-cancelled = Cancelled. I changed nothing.
confirm-expired = This question is more than ten minutes old, so I changed nothing. Send the command again.
confirm-pressed = Already answered.
confirm-not-yours = Only whoever asked, or an administrator, can answer this.
button-gone = This button does nothing any more.
cleanup-nothing = Nothing to clean up.
cleanup-busy = Nothing to end any more: they left or got work.
cleanup-question = { $count ->
    [one] This agent has nothing to do. End it? The conversation and its files stay.
   *[other] These { $count } agents have nothing to do. End them? The conversations and their files stay.
}
    .do = { $count ->
    [one] End it
   *[other] End { $count } agents
}
cleanup-done = Ended: { $names }
cleanup-left = { $count ->
    [one] One left or got work meanwhile.
   *[other] { $count } left or got work meanwhile.
}
forget-nothing = There's nothing to forget: we haven't talked here yet.
forget-busy = I'm still working here. Send /stop first, or wait.
forget-question = Delete this conversation? That is all messages, my memory of them, the files, and what sub-agents did. It can't be undone. /export gives you a copy first.
    .do = Delete it
forgetting = I'm deleting it. From now on I know nothing of it.
forget-done = Deleted: this conversation, my memory of it and its files ({ $messages ->
    [one] 1 message
   *[other] { $messages } messages
}, { $files ->
    [one] 1 file
   *[other] { $files } files
}). The messages you see here are Telegram's: delete them there.
done = Done.
