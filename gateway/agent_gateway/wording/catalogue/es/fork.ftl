# /fork.

fork-no-topics = Este chat no tiene temas, así que no puedo abrir aquí otra conversación. En un grupo con temas, o si nuestro chat privado los tiene, sí. /undo retrocede aquí.
fork-nothing = Aquí aún no hay nada que pueda copiar.
fork-running = Aún trabajo en ese mensaje. Espera la respuesta o responde a uno anterior.
fork-unknown = Ya no puedo empezar desde ese mensaje. Responde a uno de los últimos veinte o manda /fork.
fork-refused = No pude abrir un tema: me falta el permiso, o este chat no tiene temas.
fork-late = Alguien escribió en el tema nuevo antes de que yo copiara nada: empieza sin este historial.
fork-gone = El historial se borró entretanto, así que no copié nada.
fork-done = Abrí «{ $title }» con este historial y los archivos. Las dos conversaciones siguen por su cuenta.
fork-older = Los archivos de la última respuesta aún no estaban guardados: allí están como antes de ella.
fork-open = Abrir
fork-hello = Esta conversación empieza con el historial y los archivos de «{ $title }». Lo que pase aquí no cambia nada allí. ¿Qué hago?
