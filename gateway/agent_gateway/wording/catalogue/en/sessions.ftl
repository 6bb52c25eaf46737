# The sessions of a conversation: /sessions and its buttons.

sessions-head = Sessions of this conversation. Tap one to go on with it; /sessions with words names the present one.
sessions-present = now
sessions-questions = { $count ->
    [one] 1 message
   *[other] { $count } messages
}
sessions-unnamed = no name
sessions-none = We haven't talked here yet.
sessions-named = This session is called “{ $name }” now.
sessions-resumed = We go on with “{ $name }”. The files stay as they are; the session before is in /sessions.
sessions-gone = That session is no longer there.
