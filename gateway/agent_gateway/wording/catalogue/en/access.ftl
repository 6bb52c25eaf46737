# Who may use the bot: requests, codes, links.

access-unknown = I don't know you yet, so I can't work for you. Your id is { $id }.
    .ask = Ask to be let in
access-unknown-here = I don't know this group yet. The owner can let it in; its id is { $chat }, yours is { $id }.
access-asked = I've asked. I'll write to you here as soon as somebody lets you in.
access-asked-already = I've asked already. I'll write to you here as soon as somebody lets you in.
access-cannot-ask = I can't ask for you right now. Please tell the owner your id: { $id }.
access-code = An administrator can let you in with this link: { $link } – or with this code, for an hour: { $code }
access-request = { $name } (id { $id }) would like to use me.
    .in = Let in
    .later = Not now
    .never = Never
access-request-group = { $name } (id { $id }) added me to the group “{ $title }” (id { $chat }). May everybody there use me?
access-allowed = ✅ { $name } ({ $id }) is let in. /revoke { $id } takes it back.
access-later = { $name } ({ $id }): not now. They can ask again tomorrow.
access-never = 🚫 { $name } ({ $id }) is not let in and won't be asked about again. /approve { $id } changes that.
access-decided = This was decided already.
access-only-admins = Only an administrator of this bot can do that.
access-let-in = You're in! Tell me what to do, or send /help.
access-group-let-in = Everybody here can use me now. Write “@{ $bot } …” or reply to one of my messages.
invite-link = Whoever opens this link first may use me. It works once, within a day: { $link }
invite-private = Ask me for that in our private chat: whoever reads the link could use it.
invite-too-many = Too many links are open. Wait until some have been used or a day is over.

approve-ask = You opened a link of the person with id { $id }. May they use me?
approve-usage = Whom? /approve <code or id>
revoke-usage = Whose id? /revoke <id>
pairing-off = Codes are switched off here (TELEGRAM_PAIRING). With the id it works: /approve <id>
code-wrong = I don't know this code. Check that it is complete (8 characters).
code-expired = This code is too old: codes are valid for an hour. The person gets a new one by writing to me again.
code-too-many = Too many wrong codes. Wait a minute, then try again.
shut-out = You can't use me any more.
approved = { $id } can use me now. /revoke { $id } takes it back.
revoked = { $id } can't use me any more.
not-approved = { $id } was not let in by /approve.
in-settings = { $id } stands in the settings (TELEGRAM_ALLOWED_IDS, TELEGRAM_ADMIN_IDS): take the id out there.
