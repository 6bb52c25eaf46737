confirm-cancel = Abbrechen
confirm-cancelled = Abgebrochen. Ich habe nichts geändert.
confirm-expired = Diese Frage ist älter als zehn Minuten, darum habe ich nichts geändert. Schick den Befehl noch einmal.
confirm-pressed = Schon beantwortet.
confirm-not-yours = Das kann nur beantworten, wer gefragt hat, oder ein Administrator.
button-gone = Dieser Knopf tut nichts mehr.
cleanup-nothing = Nichts aufzuräumen.
cleanup-busy = Nichts mehr zu beenden: Sie sind weg oder haben Arbeit.
cleanup-question = { $count ->
    [one] Dieser Agent hat nichts zu tun. Beenden? Die Unterhaltung und ihre Dateien bleiben.
   *[other] Diese { $count } Agenten haben nichts zu tun. Beenden? Die Unterhaltungen und ihre Dateien bleiben.
}
    .do = { $count ->
    [one] Beenden
   *[other] { $count } Agenten beenden
}
cleanup-done = Beendet: { $names }
cleanup-left = { $count ->
    [one] Einer ist inzwischen weg oder hat Arbeit.
   *[other] { $count } sind inzwischen weg oder haben Arbeit.
}
forget-nothing = Es gibt nichts zu vergessen: Wir haben hier noch nicht geredet.
forget-busy = Ich arbeite hier noch. Schick erst /stop oder warte.
forget-question = Diese Unterhaltung löschen? Das sind alle Nachrichten, meine Erinnerung daran, die Dateien und was Unteragenten getan haben. Es lässt sich nicht rückgängig machen. /export gibt dir vorher eine Kopie.
    .do = Löschen
forgetting = Ich lösche sie. Ab jetzt weiß ich nichts mehr davon.
forget-done = Gelöscht: diese Unterhaltung, meine Erinnerung daran und ihre Dateien ({ $messages ->
    [one] 1 Nachricht
   *[other] { $messages } Nachrichten
}, { $files ->
    [one] 1 Datei
   *[other] { $files } Dateien
}). Die Nachrichten, die du hier siehst, gehören Telegram: Lösche sie dort.
done = Erledigt.
