# /undo and /redo: back to before a message, files and conversation.

undo-nothing = There's nothing here that I could undo.
undo-reach = I can go back { NUMBER($count) } messages here at most.
undo-unknown = I can't go back to before that message. Reply to one of the last ones, or send /undo.
undo-usage = /undo takes back the last message, /undo 3 the last three. As a reply to a message: to before that one.
undo-question = { $count ->
    [one] Take back your last message, and what I did for it?
   *[other] Take back the last { $count } messages, and what I did for them?
}
    .do = Take back
    .others = Others…
undo-more = { $count ->
    [one] … and 1 more
   *[other] … and { $count } more
}
undo-files = The files go back to how they were before.
undo-files-now = The files are as they were before.
undo-files-empty = There were no files before: the workspace will be empty.
undo-files-same = The files stay: nothing changed them.
undo-files-gone = I don't keep the files from before that any more, so I can't go back that far.
undo-running = I'm still working on it: I stop first.
undo-waiting = { $count ->
    [one] The message that waits is dropped.
   *[other] The { $count } messages that wait are dropped.
}
undo-stays = What left here stays: pushes, pull requests, what you see in the chat, and what it cost.
undo-changed = Something changed here meanwhile, so I took nothing back. Send /undo again.
undo-done = { $count ->
    [one] Taken back: the last message and what I did for it. I know nothing of it now.
   *[other] Taken back: the last { $count } messages and what I did for them. I know nothing of them now.
}
undo-pushed = { $count ->
    [one] 1 push went out meanwhile and stays.
   *[other] { $count } pushes went out meanwhile and stay.
}
undo-back = Put it back
undo-list = Back to before which message? It goes, and all after it.
undo-earlier = Earlier
undo-later = Later
redo-nothing = There's nothing to put back.
redo-late = That can't be put back any more: something was asked after it, or it is more than a day ago.
redo-first = Something was taken back after that. Put that back first: /redo
redo-gone = That can't be put back: I don't keep its files any more.
redo-done = { $count ->
    [one] Put back: the message, what I did for it, and the files.
   *[other] Put back: { $count } messages, what I did for them, and the files.
}
again-undone = That was taken back. /redo puts it back.
export-undone = taken back
