# /undo und /redo.

undo-nothing = Hier gibt es nichts, was ich zurücknehmen könnte.
undo-reach = Hier kann ich höchstens { NUMBER($count) } Nachrichten zurückgehen.
undo-unknown = Vor diese Nachricht kann ich nicht zurück. Antworte auf eine der letzten oder schick /undo.
undo-usage = /undo nimmt die letzte Nachricht zurück, /undo 3 die letzten drei. Als Antwort auf eine Nachricht: bis vor diese.
undo-question = { $count ->
    [one] Deine letzte Nachricht zurücknehmen, und was ich dafür getan habe?
   *[other] Die letzten { $count } Nachrichten zurücknehmen, und was ich dafür getan habe?
}
    .do = Zurücknehmen
    .others = Andere…
undo-more = … und { NUMBER($count) } weitere
undo-files = Die Dateien werden wieder, wie sie davor waren.
undo-files-now = Die Dateien sind wieder, wie sie davor waren.
undo-files-empty = Davor gab es keine Dateien: Der Arbeitsordner wird leer.
undo-files-same = Die Dateien bleiben: Nichts hat sie geändert.
undo-files-gone = Die Dateien von davor bewahre ich nicht mehr auf, so weit kann ich nicht zurück.
undo-running = Ich arbeite noch daran: Ich höre vorher auf.
undo-waiting = { $count ->
    [one] Die Nachricht, die wartet, fällt weg.
   *[other] Die { $count } Nachrichten, die warten, fallen weg.
}
undo-stays = Was von hier hinausging, bleibt: Pushes, Pull Requests, was du im Chat siehst, und was es gekostet hat.
undo-changed = Hier hat sich inzwischen etwas geändert, darum habe ich nichts zurückgenommen. Schick /undo noch einmal.
undo-done = { $count ->
    [one] Zurückgenommen: die letzte Nachricht und was ich dafür getan habe. Ich weiß nichts mehr davon.
   *[other] Zurückgenommen: die letzten { $count } Nachrichten und was ich dafür getan habe. Ich weiß nichts mehr davon.
}
undo-pushed = { $count ->
    [one] 1 Push ging inzwischen hinaus und bleibt.
   *[other] { $count } Pushes gingen inzwischen hinaus und bleiben.
}
undo-back = Wiederherstellen
undo-list = Bis vor welche Nachricht zurück? Sie fällt weg, und alles danach.
undo-earlier = Frühere
undo-later = Spätere
redo-nothing = Es gibt nichts wiederherzustellen.
redo-late = Das lässt sich nicht mehr wiederherstellen: Danach wurde etwas gefragt, oder es ist mehr als einen Tag her.
redo-first = Danach wurde noch etwas zurückgenommen. Stell erst das wieder her: /redo
redo-gone = Das lässt sich nicht wiederherstellen: Seine Dateien bewahre ich nicht mehr auf.
redo-done = { $count ->
    [one] Wiederhergestellt: die Nachricht, was ich dafür getan habe, und die Dateien.
   *[other] Wiederhergestellt: { $count } Nachrichten, was ich dafür getan habe, und die Dateien.
}
again-undone = Das wurde zurückgenommen. /redo stellt es wieder her.
export-undone = zurückgenommen
