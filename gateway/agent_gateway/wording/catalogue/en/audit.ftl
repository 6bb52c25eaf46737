# Who did what: /audit.

audit-head = Who did what, the newest first:
audit-none = Nobody did anything yet.
audit-earlier = Earlier
audit-itself = the bot itself
audit-private = Send me /audit in private: a group would read along.
audit-usage = Write /audit, or /audit and a person's id.
menu-audit = who did what
    .argument = <id>
