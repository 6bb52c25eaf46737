# /fork.

fork-no-topics = Dieser Chat hat keine Themen, darum kann ich hier keine zweite Unterhaltung öffnen. In einer Gruppe mit Themen, oder wo unser privater Chat Themen hat, geht es. /undo geht hier zurück.
fork-nothing = Hier gibt es noch nichts, was ich kopieren könnte.
fork-running = An dieser Nachricht arbeite ich noch. Warte auf die Antwort oder antworte auf eine frühere.
fork-unknown = Von dieser Nachricht aus kann ich nicht mehr beginnen. Antworte auf eine der letzten zwanzig oder schick /fork.
fork-refused = Ich konnte kein Thema öffnen: Mir fehlt das Recht, oder dieser Chat hat keine Themen.
fork-late = Im neuen Thema hat jemand geschrieben, bevor ich etwas kopiert hatte: Es beginnt ohne diesen Verlauf.
fork-gone = Der Verlauf wurde inzwischen gelöscht, darum habe ich nichts kopiert.
fork-done = Ich habe „{ $title }“ mit diesem Verlauf und den Dateien geöffnet. Beide Unterhaltungen gehen für sich weiter.
fork-older = Die Dateien der letzten Antwort waren noch nicht gespeichert: Dort sind sie, wie sie davor waren.
fork-open = Öffnen
fork-hello = Diese Unterhaltung beginnt mit Verlauf und Dateien von „{ $title }“. Was hier geschieht, ändert dort nichts. Was soll ich tun?
