# Lo que se deja fuera o no se empieza porque se alcanzó un límite.

notices-left-out = Tenía aquí más avisos de los que caben, así que omití los más antiguos.
unsent-dropped = { $count ->
    [one] Omití un mensaje que aún esperaba ser enviado.
   *[other] Omití { $count } mensajes que aún esperaban ser enviados.
}
agent-notice = Mi entorno de trabajo informa:
queue-full = { $count ->
    [one] Aquí ya espera un mensaje, así que no puedo tomar este. Escríbelo otra vez cuando haya respondido.
   *[other] Aquí ya esperan { $count } mensajes, así que no puedo tomar este. Escríbelo otra vez cuando haya respondido algunos.
}
spawn-full = { $count ->
    [one] Aquí ya trabaja un subagente. Inicia el siguiente cuando termine.
   *[other] Aquí ya trabajan { $count } subagentes. Inicia el siguiente cuando uno termine.
}
conversations-full = { $count ->
    [one] En este chat empezó una conversación nueva en un día, y no puedo tomar más. Escribe en ella o inténtalo mañana.
   *[other] En este chat empezaron { $count } conversaciones nuevas en un día, y no puedo tomar más. Escribe en una de ellas o inténtalo mañana.
}
tasks-full = { $count ->
    [one] Empezaste una tarea nueva en una hora. Empieza la siguiente un poco más tarde.
   *[other] Empezaste { $count } tareas nuevas en una hora. Empieza la siguiente un poco más tarde.
}
exports-full = Ahora mismo estoy escribiendo otros historiales. Pídelo otra vez en unos minutos.
export-waits = El historial de esta conversación ya se está escribiendo.
export-cut = Es demasiado largo para enviarlo entero: lo posterior no está incluido.
group-admins-only = En un grupo, solo pueden hacerlo sus administradores o los míos.
group-leaves = Si nadie lo admite en un día, me voy.
exports-often = { $count ->
    [one] En una hora ya se escribió un historial de esta conversación. Pídelo otra vez un poco más tarde.
   *[other] En una hora ya se escribieron { $count } historiales de esta conversación. Pídelo otra vez un poco más tarde.
}
