state-working = Arbeitet seit { $time }
state-waking = Wacht auf
state-waiting = Wartet, bis es dran ist
state-ready = Bereit
state-asleep = Schläft, bis du schreibst
state-closed = Das Thema ist geschlossen
state-topic-gone = Das Thema gibt es nicht mehr
state-chat-gone = Den Chat gibt es nicht mehr
status-model = Modell { $name }
status-next-model = Modell { $name }, ab der nächsten Antwort { $next }
status-queued = { $count ->
    [one] 1 Nachricht wartet
   *[other] { $count } Nachrichten warten
}
status-helpers = { $count ->
    [one] 1 Unteragent arbeitet
   *[other] { $count } Unteragenten arbeiten
}
status-unbegun = Wir haben noch nicht angefangen. Schreib mir, was ich tun soll.
threads-none = Hier gibt es noch keine Unterhaltung. Schreib mir etwas, dann beginnt eine.
threads-head = Unterhaltungen, die zuletzt benutzten zuerst. Tippe eine an, um sie zu öffnen, anzuhalten oder zu beenden.
threads-untitled = ohne Titel
threads-button-open = Öffnen ↗
threads-button-stop = ⏹ Anhalten
threads-button-end = Beenden
threads-button-back = ◀ Alle
threads-nothing-runs = Dort läuft nichts.
threads-stopping = Ich halte an …
kill-question = Das beendet den Agenten von „{ $title }“ sofort. Was auf ihn wartet, entfällt; die Unterhaltung und ihre Dateien bleiben.
    .do = Beenden
kill-idle = Hier gibt es nichts zu beenden.
start-failed-more = { $count ->
    [one] Eine weitere Nachricht wartet darauf; „Noch einmal“ gilt auch für sie.
   *[other] { $count } weitere Nachrichten warten darauf; „Noch einmal“ gilt auch für sie.
}
venue-topic-gone = Das Thema „{ $title }“ gibt es nicht mehr, darum habe ich dort aufgehört. Was gesagt wurde, bleibt im Verlauf.
venue-topic-gone-untitled = Das Thema gibt es nicht mehr, darum habe ich dort aufgehört. Was gesagt wurde, bleibt im Verlauf.
venue-chat-gone = In „{ $title }“ kann ich nicht mehr schreiben, darum habe ich dort aufgehört. Was gesagt wurde, bleibt im Verlauf.
venue-chat-gone-untitled = In dem Chat kann ich nicht mehr schreiben, darum habe ich dort aufgehört. Was gesagt wurde, bleibt im Verlauf.
venue-dropped = { $count ->
    [one] Eine wartende Nachricht habe ich verworfen.
   *[other] { $count } wartende Nachrichten habe ich verworfen.
}
threads-private = Privater Chat
status-slots = Agenten bei der Arbeit: { $active } von { $most }
status-context = Belegter Kontext: { $tokens } Tokens
status-pod = Pod: { $name }
venue-closed = Solange dieses Thema geschlossen ist, wartet deine Nachricht. Ich beantworte sie, sobald es wieder offen ist.
status-cold-preparing = Die nächsten Agenten wurden gerade vorbereitet, deshalb musste dieser erst starten.
status-cold-hours = Um diese Zeit stehen keine Agenten bereit, deshalb musste dieser erst starten.
status-cold-unfit = Kein bereiter Agent passt zu dieser Unterhaltung, deshalb musste dieser erst starten.
status-cold-none = Kein Agent stand bereit, deshalb musste dieser erst starten.
