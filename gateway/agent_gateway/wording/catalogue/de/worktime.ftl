time-short-silence = ⏳ Seit { $time } hat sich nichts getan. In { $left } gebe ich auf.
    .more = +{ $time }
time-short-wall = ⏳ Ich arbeite seit { $time } daran. In { $left } ist meine Zeit dafür um.
time-given = ⏳ Gut: bis zu { $time } mehr.
time-eased = ▸ Es geht weiter.
time-ended = ▸ Das ist vorbei.
time-not-given = Länger kann ich daran nicht arbeiten.
time-was-silent = ⏱ Seit { $time } hatte sich nichts getan.
time-was-long = ⏱ Ich hatte { $time } daran gearbeitet, und länger darf eine Antwort nicht dauern.
time-steps = { $count ->
    [one] Ein Schritt war schon erledigt; seine Dateien sind noch da.
   *[other] { $count } Schritte waren schon erledigt; ihre Dateien sind noch da.
}
time-last-step = Der letzte: { $step }
