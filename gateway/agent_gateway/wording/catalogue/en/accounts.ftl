# Accounts at forges that a person links: /link and /unlink.

link-list = With your account linked, pull requests that you ask me for are yours. It is used for nothing else: code goes by the team's own key.
link-list-linked = ✅ { $host }: linked as { $login }
link-list-unable = { $host }: Gitea has no way to link an account by a code.
link-list-on = Link { $host }
link-list-off = Unlink { $host }
link-private = Linking an account is between the two of us: let's do it in our own chat.
link-private-open = Open our chat
link-none = Accounts can't be linked here.
link-none-admin = Accounts can't be linked here: no connection in the settings has a clientId.
link-code = { $minutes ->
    [one] Open { $address } and enter { $code } within a minute.
   *[other] Open { $address } and enter { $code } within { $minutes } minutes.
} Only do so if you asked me for it yourself.
link-code-open = Open { $host }
link-code-copy = Copy the code
link-done = Linked: on { $host } you are { $login }. /unlink takes it back.
link-expired = Nobody entered the code for { $host } in time.
link-denied = It was refused on { $host }, so nothing is linked.
link-refused = { $host } doesn't let me link your account now. If it stays like that, tell whoever runs me.
link-lost = { $host } doesn't accept the link to { $login } any more, so I forgot it. /link makes a new one.
link-again = Try again
links-full = { $count ->
    [one] You began this once within the last hour, and more isn't allowed. Try again later.
   *[other] You began this { $count } times within the last hour. Try again later.
}
unlinked = Unlinked: I forgot what let me act as { $login } on { $host }. You can take the right back in your settings there, too.
unlink-nothing = There is nothing linked.
forget-accounts = Your linked accounts go too.
