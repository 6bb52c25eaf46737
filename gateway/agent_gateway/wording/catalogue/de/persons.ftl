forget-me-private = Schick mir das in unserem privaten Chat.
forget-me-busy = Ich arbeite noch für dich. Schick erst /stop oder warte.
forget-me-question = Löschen, was ich von dir aufhebe? Das sind:

    • unsere privaten Unterhaltungen ({ $private }), samt meiner Erinnerung und den Dateien
    • was du in Gruppen geschrieben hast; was ich dort geantwortet habe, bleibt, denn es gehört der Gruppe
    • deine Notizen; die für eine Gruppe bleiben dort ohne deinen Namen
    • was du eingeplant hast ({ $schedules })
    • deine verknüpften Konten ({ $accounts })
    • dein Name, deine Sprache und deine Zeitzone

    Was bleibt: wie viel du verbraucht hast, ohne Worte, damit Grenzen gelten; dass du mich benutzen darfst; und das Verzeichnis, wer was getan hat, unter deiner Id. Es lässt sich nicht rückgängig machen. /export all gibt dir vorher eine Kopie.
    .do = Löschen
forgetting-me = Ich lösche es. Jede Unterhaltung sagt, wenn sie weg ist.
forget-me-done = { $count ->
    [0] Fertig.
    [one] Fertig. Von dem, was du in Gruppen geschrieben hast, ist 1 Nachricht gelöscht. Ein Agent, der dort wach ist, erinnert sich vielleicht noch, bis er schlafen geht.
   *[other] Fertig. Von dem, was du in Gruppen geschrieben hast, sind { $count } Nachrichten gelöscht. Ein Agent, der dort wach ist, erinnert sich vielleicht noch, bis er schlafen geht.
} Die Nachrichten, die du siehst, gehören Telegram: Lösch sie dort.
forget-me-more = Ich habe die ersten { $count } unserer Unterhaltungen genommen. Schick /forget me noch einmal für die anderen.
export-all-head = Was ich von dir aufhebe
export-all-made = Exportiert am { $at }, für Person { $id }.
export-all-name = Name: { $name }
export-all-language = Sprache: { $chosen }
export-all-zone = Zeitzone: { $zone }
export-all-account = Verknüpftes Konto: { $login } ({ $connection })
export-all-notes = Deine Notizen
export-all-schedules = Was du eingeplant hast
export-all-private = Private Unterhaltung { $name }
export-all-groups = Was du in Gruppen geschrieben hast
export-all-acts = Was du getan hast
export-all-rest = Außerdem: Summen dessen, was du verbraucht hast (/usage). Was ich in Gruppen geantwortet habe, gehört der Gruppe: /export dort.
export-all-caption = { $count ->
    [one] Was ich von dir aufhebe: 1 Eintrag.
   *[other] Was ich von dir aufhebe: { $count } Einträge.
}
