# Notes that last: /remember, /memory and their buttons.

notes-usage =
    Tell me what to remember: /remember we use uv
    With for:chat it holds in all topics here, with for:me in our private chat. /memory shows it all.
notes-noted-here = 📝 I'll remember that in this conversation: { $note }
notes-noted-chat = 📝 I'll remember that in this whole chat: { $note }
notes-noted-talk = 📝 I'll remember that in this whole chat. It comes from my talk with { $name }: { $note }
notes-noted-event = 📝 I'll remember that in this whole chat. Nobody here said it, it comes from an event or a schedule: { $note }
notes-noted-person = 📝 I'll remember that about you: { $note }
notes-full = I remember { $count } things already. Delete some with /memory first.
notes-long = That's too long. A note has up to { $count } characters.
notes-private = I keep notes about a person only where we talk alone.
notes-none = I have no notes here. /remember makes one.
notes-head = { $count ->
    [one] I remember one thing here. A tap deletes it.
   *[other] I remember { $count } things here. A tap deletes one.
}
notes-gone = That note is no longer there.
notes-deleted = Forgotten.
notes-button-chat = For all topics
notes-button-person = For me
notes-button-delete = 🗑 Delete
notes-here = this conversation
notes-chat = whole chat
notes-person = about you
notes-by-agent = noted by me for { $name }
notes-by-itself = noted by me, asked by nobody here
