export-nothing = Aún no hay historial. Escríbeme algo.
export-made = Conversación { $name }, exportada el { $at }.
export-person = Persona
export-person-id = Persona { $id }
export-agent = Agente
export-subagent = Subagente { $name }
export-task = Tarea: { $task }
export-caption = { $count ->
    [one] El historial de esta conversación: 1 entrada.
   *[other] El historial de esta conversación: { $count } entradas.
}
export-caption-parts = { $count ->
    [one] El historial de esta conversación: 1 entrada, en { $parts } archivos.
   *[other] El historial de esta conversación: { $count } entradas, en { $parts } archivos.
}
