# What is kept of one person: /export all and /forget me.

forget-me-private = Send me that in our private chat.
forget-me-busy = I'm still working for you. Send /stop first, or wait.
forget-me-question = Delete what I keep of you? That is:

    • our private conversations ({ $private }), with my memory of them and the files
    • what you wrote in groups; what I answered there stays, as it is the group's
    • your notes; those for a group stay there without your name
    • what you scheduled ({ $schedules })
    • your linked accounts ({ $accounts })
    • your name, language and time zone

    What stays: how much you used, without words, so that limits hold; that you may use me; and the record of who did what, under your id. It can't be undone. /export all gives you a copy first.
    .do = Delete it
forgetting-me = I'm deleting it. Each conversation says so when it's gone.
forget-me-done = { $count ->
    [0] Done.
    [one] Done. Of what you wrote in groups, 1 message is gone. An agent that is awake there may remember it until it goes to sleep.
   *[other] Done. Of what you wrote in groups, { $count } messages are gone. An agent that is awake there may remember it until it goes to sleep.
} The messages you see are Telegram's: delete them there.
forget-me-more = I took the first { $count } of our conversations. Send /forget me again for the others.
export-all-head = What I keep of you
export-all-made = Exported { $at }, for person { $id }.
export-all-name = Name: { $name }
export-all-language = Language: { $chosen }
export-all-zone = Time zone: { $zone }
export-all-account = Linked account: { $login } ({ $connection })
export-all-notes = Your notes
export-all-schedules = What you scheduled
export-all-private = Private conversation { $name }
export-all-groups = What you wrote in groups
export-all-acts = What you did
export-all-rest = Besides: sums of what you used (/usage). What I answered in groups is the group's: /export there.
export-all-caption = { $count ->
    [one] What I keep of you: 1 entry.
   *[other] What I keep of you: { $count } entries.
}
