time-short-silence = ⏳ Rien ne s'est passé depuis { $time }. Dans { $left } j'abandonne.
    .more = +{ $time }
time-short-wall = ⏳ J'y travaille depuis { $time }. Dans { $left } mon temps est écoulé.
time-given = ⏳ Compris : jusqu'à { $time } de plus.
time-eased = ▸ Je m'y remets.
time-ended = ▸ C'est terminé.
time-not-given = Je ne peux pas y passer plus de temps.
time-was-silent = ⏱ Rien ne s'était passé depuis { $time }.
time-was-long = ⏱ J'y travaillais depuis { $time }, et une réponse ne peut pas durer plus.
time-steps = { $count ->
    [one] Une étape était faite ; ses fichiers sont gardés.
   *[other] { $count } étapes étaient faites ; leurs fichiers sont gardés.
}
time-last-step = La dernière : { $step }
