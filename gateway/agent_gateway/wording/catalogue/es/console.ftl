# Alguien pregunta aparte del chat, desde un terminal.

console-wrote = 💻 { $name } pregunta desde un terminal:
console-stopped = 💻 { $name } ha detenido esto desde un terminal.
