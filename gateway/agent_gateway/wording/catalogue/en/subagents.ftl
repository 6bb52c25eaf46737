# What the chat says of sub-agents. Their names are short: k1, k2.

spawn-usage = Tell me the task: /spawn <task>
spawn-too-long = A task may have 8,192 characters. Put what is longer into a message to me.
cancel-usage = Which one? /cancel <name>
subagents-none = No sub-agents here. I start them when they help, or you do with /spawn <task>.
subagents-paused = An administrator has paused this conversation, so I start no sub-agent.
subagents-turn-over = The work that asked for it is over.
subagents-limits-unknown = I can't check right now what is allowed here, so I start no sub-agent. Try again in a moment.
subagents-not-allowed = Sub-agents are switched off here.
subagents-too-deep = A sub-agent can't start one of its own this deep ({ NUMBER($depth) }; the limit is { NUMBER($most) }).
subagents-too-many = { $most ->
    [one] One sub-agent was started for this message, and that is the limit. Your next message may have as many again.
   *[other] { $most } sub-agents were started for this message, and that is the limit. Your next message may have as many again.
}
subagent-waiting = waiting
subagent-starting = starting
subagent-working = working
subagent-done = done
subagent-failed = failed
subagent-timed-out = timed out
subagent-cancelled = cancelled
subagent-cancelling = being cancelled
subagent-waits-turn = waiting for another to finish
subagent-waits-room = waiting for room
subagent-waits-software = waiting for its software
subagent-waits-disk = waiting for its disk
subagent-waits-settings = waiting for an administrator
subagent-waits-queue = waiting in the cluster's queue
subagent-waits-cluster = waiting for the cluster
subagent-cancel = ✕ Cancel { $name }
subagent-started = 🧩 { $name } started: { $task }
subagent-is = 🧩 { $name } ({ $state }): { $task }
subagent-ending = Cancelled: { $name }
subagent-gone = { $name } has already finished.
subagent-unknown = I know no sub-agent { $name }. /subagents lists them.
report-head = Sub-agent { $name }
report-took = { $time }, { $tokens } tokens
report-no-answer = (no answer)
report-task = Its task ({ $took }): { $task }
report-timed-out = Sub-agent { $name } timed out after { $time }.
report-cancelled = Sub-agent { $name } was cancelled.
report-failed = Sub-agent { $name } failed: { $why }
