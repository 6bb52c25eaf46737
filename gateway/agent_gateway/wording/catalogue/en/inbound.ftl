# Answers to messages that ask the agent nothing.

unreadable = I can't open this kind of message. Send me text, a picture or a file.
nothing-asked = What can I do? Write it after my name, or reply to me.
anonymous = I only answer people I can identify. Post as yourself (not as the group or a channel) and ask again.
too-large = { $name } is { $size }, and Telegram lets bots download only 20 MB. Send a link to it, or split it. I haven't started.
takes-no-file = /{ $name } takes no file, so I did nothing. Send it without one.
file-not-fetched = I couldn't get { $name } to the agent. Send it again, or in another form.
