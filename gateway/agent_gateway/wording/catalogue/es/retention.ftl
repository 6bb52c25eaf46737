files-let-go = El espacio de trabajo está vacío: sus archivos alcanzaron la edad máxima permitida aquí y se borraron.
forget-schedules = { $count ->
    [one] Su tarea programada también se borra.
   *[other] Sus { $count } tareas programadas también se borran.
}
