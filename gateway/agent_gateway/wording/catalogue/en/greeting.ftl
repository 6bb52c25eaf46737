# Hello: /start, /help, new groups.

start-hello = Hi { $name }! I'm a coding agent with a computer of my own. Just tell me what to do, for example: “clone https://github.com/octocat/Hello-World and tell me what it does”.
    .new = ✨ New conversation
    .help = What can you do?
start-hello-group = Hi! I'm a coding agent with a computer of my own. Write “@{ $bot } …” or reply to one of my messages, and I get to work.
help-head = Write me what you want done, send files or pictures, or reply to my answer while I work to steer me.
help-group = In groups, write “@{ $bot } …” or reply to me. Commands that change something need my name too: /stop@{ $bot }
help-working = While I work: { $commands }
help-conversation = This conversation: { $commands }
help-agents = Agents: { $commands }
help-others = Also: { $commands }
help-admin = For administrators: { $commands }
help-more = /help { $name } tells what /{ $name } does.
group-allowed = Everybody here can use me.
group-known = For now I answer only those whom I know. To let everybody here use me, an administrator has to allow this group (id { $chat }).
    .allow = Allow this group
group-reads-all = I may read what is said here, but I only answer when I'm called.
group-reads-little = I only get to see messages that call me or reply to me.
group-promoted = Thanks! As an administrator here I can also see what was said before you call me.
task-button = ✨ New task
task-title = New task
task-hello = What should I do here?
task-refused = I can't open a topic here. In a group I need the right to manage topics.
