steps = { $count ->
    [one] ▸ 1 Schritt
   *[other] ▸ { NUMBER($count) } Schritte
}
steps-failed = { $count ->
    [one] ▸ 1 Schritt
   *[other] ▸ { NUMBER($count) } Schritte
}, { NUMBER($failed) } fehlgeschlagen
way = ▸ Unterwegs
sent-again = (noch einmal gesendet)
still-writing = … ich schreibe noch; am Ende bekommst du alles.
answer-too-long = (Die Antwort ging weiter; mehr davon hebe ich nicht auf.)
doing-thinking = denke nach …
doing-retrying = das Modell antwortet nicht, ich versuche es noch einmal ({ $attempt } von { $most }) …
doing-compacting = fasse zusammen, was wir bisher gesagt haben …
