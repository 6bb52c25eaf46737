# What a team gives its agents: tool servers, and the project's own instructions.

tool-server-away = I can't reach { $name } right now, so I work without its tools.
project-file-cut = { $name } is too long to keep in mind whole, so I read only its beginning.
project-file-unread = I didn't read { $name }: it isn't a plain file in my folder.
source-not-fetched = I couldn't fetch { $name }, so I work without the skills from there.
