# /undo y /redo.

undo-nothing = Aquí no hay nada que pueda deshacer.
undo-reach = Aquí puedo retroceder { NUMBER($count) } mensajes como mucho.
undo-unknown = No puedo volver a antes de ese mensaje. Responde a uno de los últimos o manda /undo.
undo-usage = /undo deshace el último mensaje, /undo 3 los tres últimos. Como respuesta a un mensaje: hasta antes de ese.
undo-question = { $count ->
    [one] ¿Deshacer tu último mensaje y lo que hice por él?
   *[other] ¿Deshacer los últimos { $count } mensajes y lo que hice por ellos?
}
    .do = Deshacer
    .others = Otros…
undo-more = … y { NUMBER($count) } más
undo-files = Los archivos vuelven a como estaban antes.
undo-files-now = Los archivos están como estaban antes.
undo-files-empty = Antes no había archivos: la carpeta quedará vacía.
undo-files-same = Los archivos quedan: nada los cambió.
undo-files-gone = Ya no guardo los archivos de antes de eso, así que no puedo volver tan atrás.
undo-running = Aún estoy con ello: primero paro.
undo-waiting = { $count ->
    [one] El mensaje que espera se descarta.
   *[other] Los { $count } mensajes que esperan se descartan.
}
undo-stays = Lo que salió de aquí queda: pushes, pull requests, lo que ves en el chat y lo que costó.
undo-changed = Entretanto algo cambió aquí, así que no he deshecho nada. Manda /undo otra vez.
undo-done = { $count ->
    [one] Deshecho: el último mensaje y lo que hice por él. Ya no sé nada de ello.
   *[other] Deshecho: los últimos { $count } mensajes y lo que hice por ellos. Ya no sé nada de ellos.
}
undo-pushed = { $count ->
    [one] Entretanto salió 1 push, que queda.
   *[other] Entretanto salieron { $count } pushes, que quedan.
}
undo-back = Restaurar
undo-list = ¿Volver a antes de qué mensaje? Se va, y todo lo posterior.
undo-earlier = Anteriores
undo-later = Posteriores
redo-nothing = No hay nada que restaurar.
redo-late = Eso ya no se puede restaurar: se preguntó algo después, o pasó más de un día.
redo-first = Después se deshizo otra cosa. Restaura primero esa: /redo
redo-gone = Eso no se puede restaurar: ya no guardo sus archivos.
redo-done = { $count ->
    [one] Restaurado: el mensaje, lo que hice por él y los archivos.
   *[other] Restaurado: { $count } mensajes, lo que hice por ellos y los archivos.
}
again-undone = Eso se deshizo. /redo lo restaura.
export-undone = deshecho
