confirm-cancel = Cancelar
confirm-cancelled = Cancelado. No he cambiado nada.
confirm-expired = Esta pregunta tiene más de diez minutos, así que no he cambiado nada. Manda el comando otra vez.
confirm-pressed = Ya está respondida.
confirm-not-yours = Solo puede responder quien preguntó, o un administrador.
button-gone = Este botón ya no hace nada.
cleanup-nothing = No hay nada que limpiar.
cleanup-busy = Ya no hay nada que terminar: se fueron o tienen trabajo.
cleanup-question = { $count ->
    [one] Este agente no tiene nada que hacer. ¿Terminarlo? La conversación y sus archivos se quedan.
   *[other] Estos { $count } agentes no tienen nada que hacer. ¿Terminarlos? Las conversaciones y sus archivos se quedan.
}
    .do = { $count ->
    [one] Terminarlo
   *[other] Terminar { $count } agentes
}
cleanup-done = Terminados: { $names }
cleanup-left = { $count ->
    [one] Uno se fue o tiene trabajo.
   *[other] { $count } se fueron o tienen trabajo.
}
forget-nothing = No hay nada que olvidar: aún no hemos hablado aquí.
forget-busy = Aún estoy trabajando aquí. Manda /stop primero o espera.
forget-question = ¿Borrar esta conversación? Son todos los mensajes, mi memoria de ellos, los archivos y lo que hicieron los subagentes. No se puede deshacer. Con /export tienes antes una copia.
    .do = Borrarla
forgetting = La estoy borrando. Desde ahora no sé nada de ella.
forget-done = Borrado: esta conversación, mi memoria de ella y sus archivos ({ $messages ->
    [one] 1 mensaje
   *[other] { $messages } mensajes
}, { $files ->
    [one] 1 archivo
   *[other] { $files } archivos
}). Los mensajes que ves aquí son de Telegram: bórralos allí.
done = Hecho.
