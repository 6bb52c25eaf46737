sessions-head = Sesiones de esta conversación. Toca una para seguir con ella; /sessions con palabras nombra la actual.
sessions-present = ahora
sessions-questions = { $count ->
    [one] 1 mensaje
   *[other] { $count } mensajes
}
sessions-unnamed = sin nombre
sessions-none = Aquí aún no hemos hablado.
sessions-named = Esta sesión se llama ahora «{ $name }».
sessions-resumed = Seguimos con «{ $name }». Los archivos quedan como están; la sesión anterior está en /sessions.
sessions-gone = Esa sesión ya no existe.
