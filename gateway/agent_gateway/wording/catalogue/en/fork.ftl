# /fork: a topic that begins with this conversation's history and files.

fork-no-topics = This chat has no topics, so I can't open a second conversation in it. In a group with topics, or where our private chat has topics, I can. /undo goes back here.
fork-nothing = There's nothing here yet that I could copy.
fork-running = I'm still working on that message. Wait for the answer, or reply to an earlier one.
fork-unknown = I can't begin from that message any more. Reply to one of the last twenty, or send /fork.
fork-refused = I couldn't open a topic: I lack the right to, or this chat has no topics.
fork-late = Somebody wrote in the new topic before I had copied anything, so it begins without this history.
fork-gone = The history was deleted meanwhile, so I copied nothing.
fork-done = I opened “{ $title }” with this history and the files. Both conversations go on by themselves.
fork-older = The files of the last answer weren't stored yet: there they are as they were before it.
fork-open = Open
fork-hello = This conversation begins with the history and files of “{ $title }”. What happens here changes nothing there. What should I do?
