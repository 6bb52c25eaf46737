# What agents ask people, and what became of it.

decision-yes = Yes
decision-no = No
decision-approve = May I use *{ $tool }* for this?
    .once = ✓ Once
    .always = ✓ For this conversation
    .deny = ✕ No
decision-approve-rule = “For this conversation” means everything like `{ $rule }`. To say no with a reason, reply to this message.
decision-write = Reply with your answer.
decision-subagent = Sub-agent *{ $name }* asks:
decision-answer = ✓ { $answer } — { $person }
decision-denied = ✕ { $answer } — { $person }
decision-expired = ⏳ Nobody answered in time.
decision-withdrawn = This question is no longer open.
decision-noted = Noted.
decision-late = { $person } was faster: { $answer }
decision-only-asker = Only the person whose question this is can decide.
decision-only-administrators = Only an administrator can decide this.
decision-answered = [Answer to the agent's question: { $answer }]

approvals-none = I ask you each time. Nothing is allowed for this conversation as a whole.
approvals-list = Allowed in this conversation without asking:
approvals-line = • { $rule } — { $person }
approvals-revoke = Ask each time again
approvals-revoked = From now on I ask again.

plan-usage = Say what to plan: /plan <task>
plan-question =
    .go = ▶ Go
    .change = ✎ Change
    .drop = ✖ Drop
plan-go = I'm on it.
plan-change = What should be different? Write it here, and I'll plan again.
plan-dropped = Dropped.
