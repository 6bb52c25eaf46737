# Quelqu’un demande à côté du chat, depuis un terminal.

console-wrote = 💻 { $name } demande depuis un terminal :
console-stopped = 💻 { $name } a arrêté ceci depuis un terminal.
