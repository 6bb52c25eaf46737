forget-me-private = Envíamelo en nuestro chat privado.
forget-me-busy = Todavía estoy trabajando para ti. Envía /stop primero o espera.
forget-me-question = ¿Borrar lo que guardo de ti? Es decir:

    • nuestras conversaciones privadas ({ $private }), con mi memoria de ellas y los archivos
    • lo que escribiste en grupos; lo que respondí allí se queda, porque es del grupo
    • tus notas; las de un grupo se quedan allí sin tu nombre
    • lo que programaste ({ $schedules })
    • tus cuentas vinculadas ({ $accounts })
    • tu nombre, idioma y zona horaria

    Lo que se queda: cuánto usaste, sin palabras, para que valgan los límites; que puedes usarme; y el registro de quién hizo qué, con tu id. No se puede deshacer. /export all te da antes una copia.
    .do = Borrar
forgetting-me = Lo estoy borrando. Cada conversación avisa cuando ya no está.
forget-me-done = { $count ->
    [0] Listo.
    [one] Listo. De lo que escribiste en grupos se borró 1 mensaje. Un agente que esté despierto allí puede recordarlo hasta que se duerma.
   *[other] Listo. De lo que escribiste en grupos se borraron { $count } mensajes. Un agente que esté despierto allí puede recordarlo hasta que se duerma.
} Los mensajes que ves son de Telegram: bórralos allí.
forget-me-more = Tomé las primeras { $count } de nuestras conversaciones. Envía /forget me otra vez para las demás.
export-all-head = Lo que guardo de ti
export-all-made = Exportado el { $at }, para la persona { $id }.
export-all-name = Nombre: { $name }
export-all-language = Idioma: { $chosen }
export-all-zone = Zona horaria: { $zone }
export-all-account = Cuenta vinculada: { $login } ({ $connection })
export-all-notes = Tus notas
export-all-schedules = Lo que programaste
export-all-private = Conversación privada { $name }
export-all-groups = Lo que escribiste en grupos
export-all-acts = Lo que hiciste
export-all-rest = Además: sumas de lo que usaste (/usage). Lo que respondí en grupos es del grupo: /export allí.
export-all-caption = { $count ->
    [one] Lo que guardo de ti: 1 entrada.
   *[other] Lo que guardo de ti: { $count } entradas.
}
