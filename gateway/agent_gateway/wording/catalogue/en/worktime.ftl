# How long a turn may take: warnings, more time, and why it was ended.

time-short-silence = ⏳ Nothing has happened for { $time }. In { $left } I give up.
    .more = +{ $time }
time-short-wall = ⏳ I have worked on this for { $time }. In { $left } my time for it is over.
time-given = ⏳ Got it: up to { $time } more.
time-eased = ▸ Back at work.
time-ended = ▸ This is over.
time-not-given = I can't take longer over this.
time-was-silent = ⏱ Nothing had happened for { $time }.
time-was-long = ⏱ I had worked on this for { $time }, and one answer may not take longer.
time-steps = { $count ->
    [one] One step was done before; its files are kept.
   *[other] { $count } steps were done before; their files are kept.
}
time-last-step = The last one: { $step }
