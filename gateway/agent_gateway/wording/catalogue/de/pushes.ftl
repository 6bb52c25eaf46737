push-ask = Nach `{ $repository }` übertragen?
    .yes = ✓ Übertragen
    .no = ✕ Nein
push-new = Neuer Branch `{ $branch }`:
push-moved = Branch `{ $branch }`:
push-deleted = Branch `{ $branch }` löschen.
push-rewrites = ⚠ Das schreibt die Geschichte des Branchs um.
push-files = { $count ->
    [one] { $count } Datei, +{ $added } −{ $removed }
   *[other] { $count } Dateien, +{ $added } −{ $removed }
}
push-files-many = Mehr als { $count } Dateien, +{ $added } −{ $removed } oder mehr
push-unread = Was sich ändert, konnte ich nicht ansehen.
push-workflows = ⚠ Das ändert, was dort von selbst läuft, oft mit eigenen Schlüsseln:
push-workflows-unknown = ⚠ Ich konnte nicht feststellen, ob das ändert, was dort von selbst läuft.
push-more = …und mehr
push-how = Für ein Nein mit Grund antworte auf diese Nachricht.
