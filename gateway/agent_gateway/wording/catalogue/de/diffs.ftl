diff-nothing = Keine Datei wurde geändert.
diff-count = { $count ->
    [one] 1 Datei
   *[other] { $count } Dateien
}
diff-more = { $count ->
    [one] …und noch 1 Datei
   *[other] …und noch { $count } Dateien
}
diff-patch = { $count ->
    [one] Der ganze Patch: 1 Datei.
   *[other] Der ganze Patch: { $count } Dateien.
}
diff-often = { $count ->
    [one] Ich habe in dieser Stunde einmal nach den Dateien gesehen, öfter darf ich nicht. Frag später noch einmal.
   *[other] Ich habe in dieser Stunde { $count }-mal nach den Dateien gesehen, öfter darf ich nicht. Frag später noch einmal.
}
diff-title-turn = Was meine letzte Antwort geändert hat
diff-title-branch = Was sich seit `{ $base }` geändert hat
diff-title-kept = Was sich seit den ältesten Dateien geändert hat, die ich aufhebe
diff-new = Frühere Dateien habe ich nicht: Alle sind neu.
diff-none = Von dieser Unterhaltung hebe ich noch keine Dateien auf.
diff-unchanged-turn = Meine letzte Antwort hat keine Datei geändert. Das ist die neueste Änderung davor.
diff-late = Die Dateien meiner letzten Antwort sind noch nicht gespeichert. Das ist die neueste Änderung davor.
diff-at-work = Was ich gerade ändere, ist noch nicht dabei.
diff-no-agent = Mein Arbeitsordner ist gerade zu, darum vergleiche ich die Dateien, die ich aufhebe.
diff-no-branch = Ich fand keinen Branch zum Vergleichen, darum vergleiche ich die Dateien, die ich aufhebe.
diff-waits = Ich sehe schon nach den Dateien.
diff-full = Ich sehe gerade nach den Dateien vieler anderer. Frag gleich noch einmal.
diff-unread = Ich konnte die Dateien, die ich aufhebe, nicht lesen. Versuch es gleich noch einmal.
diff-cut = Manche Dateien waren dafür zu groß.
diff-button-turn = Letzte Antwort
diff-button-all = Alles seit dem Branch
diff-note-binary = binär
diff-note-picture = Bild
diff-note-large = groß
diff-note-secret = vielleicht mit Schlüsseln, nicht gezeigt
diff-note-rights = nur die Rechte
diff-note-unread = nicht gezeigt
diff-title-begin = Was sich seit Beginn des Repositorys geändert hat
