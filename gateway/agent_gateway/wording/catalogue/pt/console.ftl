# Alguém pergunta ao lado do chat, de um terminal.

console-wrote = 💻 { $name } pergunta de um terminal:
console-stopped = 💻 { $name } parou isto de um terminal.
