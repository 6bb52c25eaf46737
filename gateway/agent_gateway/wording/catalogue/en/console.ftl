# Somebody asks beside the chat, from a terminal.

console-wrote = 💻 { $name } asks from a terminal:
console-stopped = 💻 { $name } stopped this from a terminal.
