# Schedules: what is told in the chat.

schedules-paused = ⏸ “{ $title }” failed { $count } times in a row, so I paused it.
schedules-go-on = ▶ Go on
schedules-going-on = On its way: it runs again from the next time.
schedules-usage =
    Tell me when and what:
    /schedule every weekday 9:00 check the dependencies
    /schedule every 30 minutes see whether the build is green
    /schedule tomorrow 18:00 remind me of the release
    /schedule 0 9 * * 1 plan the week
schedules-unclear =
    I don't understand when. Write it like this:
    /schedule every weekday 9:00 check the dependencies
    /schedule tomorrow 18:00 remind me of the release
    /schedule 0 9 * * 1 plan the week
schedules-past = That time is over.
schedules-too-often = That is too often: every { $minutes } min at most.
schedules-full-conversation = This conversation has { $count } schedules, as many as there may be. See /schedules.
schedules-full-chat = This chat has { $count } schedules, as many as there may be.
schedules-full-all = There are { $count } schedules, as many as there may be.
schedules-when = { $when } ({ $zone })
schedules-next-times = The next times:
schedules-do = ✓ Schedule it
schedules-made = ✓ Scheduled. Next: { $next }
schedules-list = Schedules of this conversation
schedules-none = Nothing is scheduled here. Try /schedule every weekday 9:00 check the dependencies
schedules-next = next: { $next }
schedules-soon = being set up
schedules-over = done
schedules-suspended = paused
schedules-failed = paused: failed { $count } times in a row
schedules-problem = can't run: { $reason }
schedules-cannot-not-allowed = I may not be used in this chat any more
schedules-cannot-limit = there are too many, or it comes too often
schedules-cannot-times = I don't understand its times
schedules-cannot-no-topic = its topic is gone
schedules-cannot-other = something is wrong with it; an administrator can see what
schedules-legend = ⏸ pause · ▶ go on · ⚡ now · 🗑 delete
schedules-gone = I don't know this schedule any more.
schedules-delete-question = Delete “{ $title }”?
schedules-delete-do = 🗑 Delete
schedules-deleted = Deleted: { $title }
schedules-now = I'm on it.
schedules-runs = It is running already.
schedules-not-yours = Only who made it or an administrator can do that.
schedules-wait = It is being set up. Try again in a moment.
heartbeat-usage =
    I look at HEARTBEAT.md and the checklist of your team, and write only when there is something to say.
    /heartbeat on: every 30 min, 8-22
    /heartbeat 60 9-18: every hour, 9-18
    /heartbeat off
heartbeat-is = It is on ({ $cron }).
heartbeat-none = It is off.
heartbeat-on = ✓ On: every { $minutes } min from { $begin } to { $end } ({ $zone }). I write only when there is something to say.
heartbeat-off = ✓ Off.
