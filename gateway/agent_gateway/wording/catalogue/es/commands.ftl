unknown-command = Comando desconocido: /{ $name }
unknown-command-near =
    Comando desconocido: /{ $name }
    ¿Querías decir /{ $near }?
whoami-person = Tu id es { $id }.
whoami-chat = El id de este chat es { $id }.
whoami-topic = El id de este tema es { $id }.
whoami-admin = Eres administrador de este bot.
whoami-allowed = Puedes usar este bot.

nothing-runs = No hay nada en marcha.
stop-too-late = Esa respuesta acababa de terminar; no quedaba nada que parar.
stop-too-late-next = Esa respuesta acababa de terminar y ya empezó la siguiente. Para parar esa, manda /stop otra vez.
stopped-waiting = { $count ->
    [one] Detenido. He descartado tu mensaje en espera.
   *[other] Detenido. He descartado { $count } mensajes en espera.
}
busy = Sigo trabajando. Manda /stop primero o espera.
nothing-to-retry = Aún no hay nada que repetir. Escríbeme algo.
new-session = Empezamos de cero. Tus archivos siguen aquí.
steer-usage = Dime qué cambiar: /steer <palabras>
steered = Entendido, lo leo enseguida.

kill-unknown = No conozco ninguna conversación { $name }. /threads las muestra.
kill-done = Terminado: { $name }
kill-done-dropped = { $count ->
    [one] Terminado: { $name }. He descartado un mensaje en espera.
   *[other] Terminado: { $name }. He descartado { $count } mensajes en espera.
}
kill-nothing = En { $name } no hay nada en marcha.

model-now = Modelo: { $name }
model-default = Modelo: predeterminado
model-next = Desde la próxima respuesta: { $name }
model-next-default = Desde la próxima respuesta: el modelo predeterminado
model-writing = Ahora escribe: { $name }
model-writing-other = Ahora escribe: el modelo anterior
model-only = Aquí solo hay este modelo.
model-unknown = Aquí no puedo usar { $name }. Disponibles: { $models }
model-gone = Este modelo ya no está en la lista. Manda /model otra vez.
choices-unknown = Ahora no puedo comprobar qué se puede elegir aquí. Inténtalo dentro de un momento.

language-now = Hablo { $name } contigo. Toca otro idioma o deja que siga a tu Telegram:
    .follow = Seguir a Telegram
language-chosen = Desde ahora te hablo en español.
language-unknown = Aún no hablo ese idioma. Toca uno:
