unknown-command = Unbekannter Befehl: /{ $name }
unknown-command-near =
    Unbekannter Befehl: /{ $name }
    Meinst du /{ $near }?
whoami-person = Deine Id ist { $id }.
whoami-chat = Die Id dieses Chats ist { $id }.
whoami-topic = Die Id dieses Themas ist { $id }.
whoami-admin = Du verwaltest diesen Bot.
whoami-allowed = Du darfst diesen Bot benutzen.

nothing-runs = Es läuft nichts.
stop-too-late = Diese Antwort war gerade fertig, es gab nichts mehr anzuhalten.
stop-too-late-next = Diese Antwort war gerade fertig, und die nächste hat angefangen. Um die anzuhalten, schick noch einmal /stop.
stopped-waiting = { $count ->
    [one] Angehalten. Deine wartende Nachricht habe ich verworfen.
   *[other] Angehalten. { $count } wartende Nachrichten habe ich verworfen.
}
busy = Ich arbeite noch. Schick erst /stop oder warte.
nothing-to-retry = Es gibt noch nichts zu wiederholen. Schreib mir etwas.
new-session = Frischer Anfang. Deine Dateien sind noch da.
steer-usage = Sag mir, was anders sein soll: /steer <Worte>
steered = Verstanden, das lese ich als Nächstes.

kill-unknown = Eine Unterhaltung { $name } kenne ich nicht. /threads zeigt sie.
kill-done = Beendet: { $name }
kill-done-dropped = { $count ->
    [one] Beendet: { $name }. Eine wartende Nachricht habe ich verworfen.
   *[other] Beendet: { $name }. { $count } wartende Nachrichten habe ich verworfen.
}
kill-nothing = In { $name } läuft nichts.

model-now = Modell: { $name }
model-default = Modell: Standard
model-next = Ab der nächsten Antwort: { $name }
model-next-default = Ab der nächsten Antwort: das Standardmodell
model-writing = Gerade schreibt: { $name }
model-writing-other = Gerade schreibt: das Modell von vorher
model-only = Hier gibt es nur dieses Modell.
model-unknown = { $name } kann ich hier nicht benutzen. Es gibt: { $models }
model-gone = Dieses Modell steht nicht mehr auf der Liste. Schick noch einmal /model.
choices-unknown = Ich kann gerade nicht prüfen, was hier zur Wahl steht. Versuch es gleich noch einmal.

language-now = Ich spreche { $name } mit dir. Tippe eine andere Sprache an, oder lass mich deinem Telegram folgen:
    .follow = Telegram folgen
language-chosen = Ab jetzt spreche ich Deutsch mit dir.
language-unknown = Diese Sprache spreche ich noch nicht. Tippe eine an:
