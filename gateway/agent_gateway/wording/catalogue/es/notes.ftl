notes-usage =
    Dime qué recordar: /remember usamos uv
    Con for:chat vale en todos los temas de aquí, con for:me en nuestro chat privado. /memory lo muestra todo.
notes-noted-here = 📝 Lo recordaré en esta conversación: { $note }
notes-noted-chat = 📝 Lo recordaré en todo este chat: { $note }
notes-noted-talk = 📝 Lo recordaré en todo este chat. Viene de mi conversación con { $name }: { $note }
notes-noted-event = 📝 Lo recordaré en todo este chat. Nadie aquí lo dijo, viene de un evento o de una tarea programada: { $note }
notes-noted-person = 📝 Recordaré esto de ti: { $note }
notes-full = Ya recuerdo { $count } cosas. Borra antes alguna con /memory.
notes-long = Es demasiado largo. Una nota tiene hasta { $count } caracteres.
notes-private = Sobre una persona solo tomo notas donde hablamos a solas.
notes-none = No tengo notas aquí. /remember crea una.
notes-head = { $count ->
    [one] Aquí recuerdo una cosa. Un toque la borra.
   *[other] Aquí recuerdo { $count } cosas. Un toque borra una.
}
notes-gone = Esa nota ya no existe.
notes-deleted = Olvidado.
notes-button-chat = Para todos los temas
notes-button-person = Para mí
notes-button-delete = 🗑 Borrar
notes-here = esta conversación
notes-chat = todo el chat
notes-person = sobre ti
notes-by-agent = anotado por mí para { $name }
notes-by-itself = anotado por mí, sin que nadie aquí lo pidiera
