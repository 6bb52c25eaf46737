stopped = Detenido.
empty-answer = El agente terminó sin escribir nada. Pregunta «¿qué has hecho?» o inténtalo otra vez.
agent-crashed = El agente se ha caído.
agent-failed = El agente se ha rendido.
could-not-start = No pude empezar.
carries-on = Sigo con uno nuevo.

lost-memory = El agente se quedó sin memoria.
lost-computer = El equipo en el que trabajaba el agente ya no está.
lost-time = Al agente se le acabó el tiempo.
lost-stopped = El agente fue detenido.
lost-replaced = Un agente más nuevo tomó el relevo.
lost-left = El agente ya se había ido.
lost-crashed = El agente se cae una y otra vez.
lost-connection = Perdí la conexión con el agente.
lost-settings = Un administrador debe revisar la configuración del agente.
lost-paused = Un administrador ha pausado esta conversación.
lost-room = Ahora no hay sitio para el agente.
lost-disk = El disco del agente no estuvo listo a tiempo.
lost-disk-full = El agente llenó su disco: en «{ $volume }» caben { $limit }. Un administrador puede darle más espacio.
lost-disk-full-plain = El agente llenó su disco. Un administrador puede darle más espacio.
lost-preempted = Algo más urgente necesitaba el sitio del agente.
lost-queue = El agente tiene que esperar en la cola del clúster.
lost-cluster = El clúster tiene problemas para arrancar el agente.
lost-fetching = Traer el software del agente tardó demasiado.
lost-siblings = Esperaba a que terminara otro subagente.
lost-done = El agente había hecho su tarea.
lost-cancelled = Se canceló.
lost-no-answer = El agente terminó sin respuesta.
lost-error = El agente falló.
lost-moved = El grupo tiene un id nuevo en Telegram, así que el agente tuvo que empezar de cero.
lost-restored = Volví a un estado anterior, así que el agente tuvo que empezar de cero.

again-stop = ⏹ Parar
again-retry = 🔁 Otra vez
again-continue = ▶ Continuar
again-asked = Lo intento otra vez…
again-continued = Continúo…
again-already = Ya se ha pedido otra vez.
again-whole = No hay nada que continuar: esa respuesta está completa.
stop-pressed = Parando…
turn-over = Ya ha terminado.

files-none = ⚠️ El espacio de trabajo está vacío: no se pudieron conservar los archivos anteriores. Aún recuerdo nuestra conversación.
files-older = ⚠️ En el espacio de trabajo hay archivos antiguos: no se pudieron conservar los más nuevos. Aún recuerdo nuestra conversación.
files-partly = ⚠️ Faltan algunos de tus archivos: juntos crecieron demasiado para conservarlos (límite { $limit }), así que guardé los más pequeños.
files-too-large = ⚠️ Tus archivos crecieron demasiado para conservarlos (límite { $limit }), así que el espacio de trabajo está vacío. Aún recuerdo nuestra conversación.
file-refused = No se pudo enviar { $name }. Telegram dice: { $why }

set-aside = Lo siento, algo de este mensaje me ha bloqueado (n.º { $number }). Mándalo de otra forma, por favor.
job-failed = Lo siento, /{ $command } no ha funcionado. Mándalo otra vez o avisa a un administrador.

restored-cut = Volví a un estado anterior en el que este mensaje aún no tenía respuesta. Si arriba hay una, no la recuerdo; si no, inténtalo otra vez.
restored-repeated = (Quizá ya lo hayas leído: volví a un estado anterior.)
restored-note = ⚠️ Volví a un estado anterior: no sé qué se dijo y se hizo aquí desde entonces, y los archivos son los de aquel momento.

error-id = error { $id }
telegram-says-no = no.
