# Jemand fragt neben dem Chat, von einem Terminal.

console-wrote = 💻 { $name } fragt von einem Terminal aus:
console-stopped = 💻 { $name } hat das von einem Terminal aus gestoppt.
