# What is left out or not begun, as a limit was reached.

notices-left-out = I had more to note here than fits, so I left out the oldest notes.
unsent-dropped = { $count ->
    [one] I left out one message that was still waiting to be sent.
   *[other] I left out { $count } messages that were still waiting to be sent.
}
agent-notice = My workspace reports:
queue-full = { $count ->
    [one] One message waits here already, so I can't take this one. Write it again once I have answered.
   *[other] { $count } messages wait here already, so I can't take this one. Write it again once I have answered some.
}
spawn-full = { $count ->
    [one] One sub-agent works here already. Start the next once it is done.
   *[other] { $count } sub-agents work here already. Start the next once one of them is done.
}
conversations-full = { $count ->
    [one] One new conversation began in this chat within a day, which is as many as I can take. Write in one of those, or try again tomorrow.
   *[other] { $count } new conversations began in this chat within a day, which is as many as I can take. Write in one of those, or try again tomorrow.
}
tasks-full = { $count ->
    [one] You began one new task within an hour. Begin the next a little later.
   *[other] You began { $count } new tasks within an hour. Begin the next a little later.
}
exports-full = I'm writing other histories down right now. Ask again in a few minutes.
export-waits = The history of this conversation is being written down already.
export-cut = It is too long to send as a whole: what came later is not in it.
group-admins-only = In a group, only its administrators can do that, or mine.
group-leaves = If nobody lets it in within a day, I leave again.
exports-often = { $count ->
    [one] One history of this conversation was written within an hour. Ask again a little later.
   *[other] { $count } histories of this conversation were written within an hour. Ask again a little later.
}
