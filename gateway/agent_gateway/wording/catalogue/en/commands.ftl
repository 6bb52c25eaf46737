# What commands answer.

# The first was asked for in these very words.
unknown-command = Unknown command: /{ $name }
unknown-command-near =
    Unknown command: /{ $name }
    Did you mean /{ $near }?
whoami-person = Your id is { $id }.
whoami-chat = This chat's id is { $id }.
whoami-topic = This topic's id is { $id }.
whoami-admin = You're an administrator of this bot.
whoami-allowed = You may use this bot.

nothing-runs = Nothing is running.
stop-too-late = That answer had just finished, so there was nothing left to stop.
stop-too-late-next = That answer had just finished and the next one has begun. To stop that one, send /stop again.
stopped-waiting = { $count ->
    [one] Stopped. I dropped your waiting message.
   *[other] Stopped. I dropped { $count } waiting messages.
}
busy = I'm still working. Send /stop first, or wait.
nothing-to-retry = There's nothing to ask again yet. Write me something.
new-session = Fresh start. Your files are still here.
steer-usage = Tell me what to change: /steer <words>
steered = Got it, I'll read this next.

kill-unknown = I know no conversation { $name }. /threads lists them.
kill-done = Ended: { $name }
kill-done-dropped = { $count ->
    [one] Ended: { $name }. I dropped one waiting message.
   *[other] Ended: { $name }. I dropped { $count } waiting messages.
}
kill-nothing = Nothing runs in { $name }.

model-now = Model: { $name }
model-default = Model: default
model-next = From the next answer on: { $name }
model-next-default = From the next answer on: the default model
model-writing = Writing right now: { $name }
model-writing-other = Writing right now: the model before
model-only = Only this model is available here.
model-unknown = I can't use { $name } here. Available: { $models }
model-gone = This model is no longer on the list. Send /model again.
choices-unknown = I can't check right now what can be chosen here. Try again in a moment.

language-now = I speak { $name } with you. Tap another language, or let me follow your Telegram:
    .follow = Follow Telegram
language-chosen = From now on I speak English with you.
language-unknown = I don't speak that language yet. Tap one:
