state-working = Trabajando desde hace { $time }
state-waking = Despertando
state-waiting = Esperando mi turno
state-ready = Listo
state-asleep = Dormido hasta que escribas
state-closed = El tema está cerrado
state-topic-gone = El tema ya no existe
state-chat-gone = El chat ya no existe
status-model = modelo { $name }
status-next-model = modelo { $name }, { $next } desde la próxima respuesta
status-queued = { $count ->
    [one] 1 mensaje en espera
   *[other] { $count } mensajes en espera
}
status-helpers = { $count ->
    [one] 1 subagente trabajando
   *[other] { $count } subagentes trabajando
}
status-unbegun = Aún no hemos empezado. Escríbeme qué necesitas.
threads-none = Aquí aún no hay conversaciones. Escríbeme algo y empieza una.
threads-head = Conversaciones, las últimas primero. Toca una para abrirla, pararla o terminarla.
threads-untitled = sin título
threads-button-open = Abrir ↗
threads-button-stop = ⏹ Parar
threads-button-end = Terminar
threads-button-back = ◀ Todas
threads-nothing-runs = Ahí no hay nada en marcha.
threads-stopping = Parando…
kill-question = Esto termina enseguida el agente de «{ $title }». Lo que espera se descarta; la conversación y sus archivos se quedan.
    .do = Terminar
kill-idle = Aquí no hay nada que terminar.
start-failed-more = { $count ->
    [one] Otro mensaje espera lo mismo; «Otra vez» lo pide también.
   *[other] Otros { $count } mensajes esperan lo mismo; «Otra vez» los pide también.
}
venue-topic-gone = El tema «{ $title }» ya no existe, así que dejé lo que hacía allí. Lo dicho queda en el historial.
venue-topic-gone-untitled = El tema ya no existe, así que dejé lo que hacía allí. Lo dicho queda en el historial.
venue-chat-gone = Ya no puedo escribir en «{ $title }», así que dejé lo que hacía allí. Lo dicho queda en el historial.
venue-chat-gone-untitled = Ya no puedo escribir en el chat, así que dejé lo que hacía allí. Lo dicho queda en el historial.
venue-dropped = { $count ->
    [one] He descartado un mensaje en espera.
   *[other] He descartado { $count } mensajes en espera.
}
threads-private = chat privado
status-slots = Agentes trabajando: { $active } de { $most }
status-context = Contexto usado: { $tokens } tokens
status-pod = Pod: { $name }
venue-closed = Mientras este tema esté cerrado, tu mensaje espera. Lo respondo en cuanto se vuelva a abrir.
status-cold-preparing = Los próximos agentes se estaban preparando, así que este tuvo que arrancar primero.
status-cold-hours = A esta hora no hay agentes listos, así que este tuvo que arrancar primero.
status-cold-unfit = Ningún agente listo sirve para esta conversación, así que este tuvo que arrancar primero.
status-cold-none = No había ningún agente listo, así que este tuvo que arrancar primero.
