# Where there is no room for more: what I keep has an end.

room-answer = I stopped: this answer was about to take more of my memory than one may ({ $size }). What was said so far stays. Ask me to go on in smaller steps.
room-session = I stopped: my memory of this conversation is full ({ $size }). Begin afresh with /new; the files stay.
room-sessions = I stopped: my memory of this conversation, with all that came before /new, is full ({ $size }). /forget makes room.
room-copies = My sub-agents here have too many files with them ({ $size }), so I couldn't start another one. It works again once some are done.
room-files = I have more files for you than I can hold at once ({ $size }). Ask for the rest once these are here.
room-files-refused = I'm running out of room, so I can't take files right now. Everything else goes on, and an administrator knows.
room-no-new = I'm running out of room, so I can't begin a new conversation right now. Those under way go on, and an administrator knows.
room-full = I've run out of room, so I can't take new tasks right now. What I'm working on goes on, and an administrator knows.
room-near-tell = The database is nearly full: { $used } of { $quota }. I refuse new conversations and files; answers and /stop go on. Make room with /forget, or raise database.quota.
room-full-tell = The database is full: { $used } of { $quota }. I refuse new tasks; running answers and /stop go on. Make room with /forget, or raise database.quota.
room-again-tell = There's room in the database again: { $used } of { $quota }. I take everything as before.
room-aside = I couldn't unpack the earlier files of this conversation twice, so I go on without the newest ones. They stay aside for two weeks; an administrator can get them out.
room-prompt = This message, with all that goes with it, is too long for the agent. Please send it in smaller parts.
room-new-clean = Fresh start, without the earlier files. They stay aside for two weeks.
