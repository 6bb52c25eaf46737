schedules-paused = ⏸ «{ $title }» falló { $count } veces seguidas, así que lo pausé.
schedules-go-on = ▶ Seguir
schedules-going-on = Vuelve a funcionar desde la próxima vez.
schedules-usage =
    Dime cuándo y qué:
    /schedule cada día laborable a las 9:00 revisa las dependencias
    /schedule cada 30 minutos mira si la compilación está en verde
    /schedule mañana a las 18:00 recuérdame la entrega
    /schedule 0 9 * * 1 planifica la semana
schedules-unclear =
    No entiendo cuándo. Escríbelo así:
    /schedule cada día laborable a las 9:00 revisa las dependencias
    /schedule mañana a las 18:00 recuérdame la entrega
    /schedule 0 9 * * 1 planifica la semana
schedules-past = Esa hora ya pasó.
schedules-too-often = Es demasiado seguido: como mucho cada { $minutes } min.
schedules-full-conversation = Esta conversación tiene { $count } tareas programadas, el máximo. Mira /schedules.
schedules-full-chat = Este chat tiene { $count } tareas programadas, el máximo.
schedules-full-all = Hay { $count } tareas programadas, el máximo.
schedules-when = { $when } ({ $zone })
schedules-next-times = Las próximas veces:
schedules-do = ✓ Programar
schedules-made = ✓ Programado. Próxima vez: { $next }
schedules-list = Tareas programadas de esta conversación
schedules-none = Aquí no hay nada programado. Prueba: /schedule cada día laborable a las 9:00 revisa las dependencias
schedules-next = próxima vez: { $next }
schedules-soon = en preparación
schedules-over = hecho
schedules-suspended = en pausa
schedules-failed = en pausa: falló { $count } veces seguidas
schedules-problem = no funciona: { $reason }
schedules-cannot-not-allowed = ya no se me puede usar en este chat
schedules-cannot-limit = hay demasiadas, o se repite demasiado
schedules-cannot-times = no entiendo sus horas
schedules-cannot-no-topic = su tema ya no existe
schedules-cannot-other = algo falla en ella; un administrador puede ver qué
schedules-legend = ⏸ pausar · ▶ seguir · ⚡ ahora · 🗑 borrar
schedules-gone = Ya no conozco esta tarea programada.
schedules-delete-question = ¿Borrar «{ $title }»?
schedules-delete-do = 🗑 Borrar
schedules-deleted = Borrado: { $title }
schedules-now = Estoy en ello.
schedules-runs = Ya está en marcha.
schedules-not-yours = Solo puede quien la creó o un administrador.
schedules-wait = Se está preparando. Inténtalo en un momento.
heartbeat-usage =
    Reviso HEARTBEAT.md y la lista de tu equipo, y escribo solo cuando hay algo que decir.
    /heartbeat on: cada 30 min, 8-22
    /heartbeat 60 9-18: cada hora, 9-18
    /heartbeat off
heartbeat-is = Está activo ({ $cron }).
heartbeat-none = Está apagado.
heartbeat-on = ✓ Activo: cada { $minutes } min de { $begin } a { $end } ({ $zone }). Escribo solo cuando hay algo que decir.
heartbeat-off = ✓ Apagado.
