# What stands in the chat of the way to an answer, and below or above an answer.

steps = { $count ->
    [one] ▸ 1 step
   *[other] ▸ { NUMBER($count) } steps
}
steps-failed = { $count ->
    [one] ▸ 1 step
   *[other] ▸ { NUMBER($count) } steps
}, { NUMBER($failed) } failed
way = ▸ On the way
sent-again = (sent again)
still-writing = … still writing; you get all of it when it's done.
answer-too-long = (The answer went on; I keep no more of it.)
doing-thinking = thinking…
doing-retrying = the model isn't answering, trying again ({ $attempt } of { $most })…
doing-compacting = summing up what we said so far…
