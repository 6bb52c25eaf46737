push-ask = ¿Hago push a `{ $repository }`?
    .yes = ✓ Push
    .no = ✕ No
push-new = Rama nueva `{ $branch }`:
push-moved = Rama `{ $branch }`:
push-deleted = Borrar la rama `{ $branch }`.
push-rewrites = ⚠ Esto reescribe lo que había en la rama.
push-files = { $count ->
    [one] { $count } archivo, +{ $added } −{ $removed }
   *[other] { $count } archivos, +{ $added } −{ $removed }
}
push-files-many = Más de { $count } archivos, +{ $added } −{ $removed } o más
push-unread = No he podido ver qué cambia.
push-workflows = ⚠ Esto cambia lo que se ejecuta solo allí, a menudo con claves propias:
push-workflows-unknown = ⚠ No he podido saber si esto cambia lo que se ejecuta solo allí.
push-more = …y más
push-how = Para decir que no con un motivo, responde a este mensaje.
