diff-nothing = No cambió ningún archivo.
diff-count = { $count ->
    [one] 1 archivo
   *[other] { $count } archivos
}
diff-more = { $count ->
    [one] …y 1 archivo más
   *[other] …y { $count } archivos más
}
diff-patch = { $count ->
    [one] El parche completo: 1 archivo.
   *[other] El parche completo: { $count } archivos.
}
diff-often = { $count ->
    [one] Ya miré los archivos una vez en esta hora, y no puedo más. Vuelve a preguntar más tarde.
   *[other] Ya miré los archivos { $count } veces en esta hora, y no puedo más. Vuelve a preguntar más tarde.
}
diff-title-turn = Lo que cambió mi última respuesta
diff-title-branch = Lo que cambió desde `{ $base }`
diff-title-kept = Lo que cambió desde los archivos más antiguos que guardo
diff-new = No guardo archivos anteriores: todos son nuevos.
diff-none = Aún no guardo archivos de esta conversación.
diff-unchanged-turn = Mi última respuesta no cambió archivos. Este es el cambio más reciente antes de ella.
diff-late = Los archivos de mi última respuesta aún no están guardados. Este es el cambio más reciente antes de ella.
diff-at-work = Lo que estoy cambiando ahora aún no está aquí.
diff-no-agent = Mi carpeta de trabajo está cerrada ahora, así que comparo los archivos que guardo.
diff-no-branch = No encontré ninguna rama con la que comparar, así que comparo los archivos que guardo.
diff-waits = Ya estoy mirando los archivos.
diff-full = Ahora mismo miro los archivos de muchos otros. Vuelve a preguntar en un momento.
diff-unread = No pude leer los archivos que guardo. Inténtalo de nuevo en un momento.
diff-cut = Algunos archivos eran demasiado grandes para él.
diff-button-turn = Última respuesta
diff-button-all = Todo desde la rama
diff-note-binary = binario
diff-note-picture = imagen
diff-note-large = grande
diff-note-secret = puede contener claves, no se muestra
diff-note-rights = solo sus permisos
diff-note-unread = no se muestra
diff-title-begin = Lo que cambió desde el comienzo del repositorio
