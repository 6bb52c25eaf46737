steps = { $count ->
    [one] ▸ { NUMBER($count) } étape
   *[other] ▸ { NUMBER($count) } étapes
}
steps-failed = { $count ->
    [one] ▸ { NUMBER($count) } étape
   *[other] ▸ { NUMBER($count) } étapes
}, { NUMBER($failed) } en échec
way = ▸ En chemin
sent-again = (renvoyé)
still-writing = … j'écris encore ; tu auras tout quand ce sera prêt.
answer-too-long = (La réponse continuait ; je n'en garde pas plus.)
doing-thinking = je réfléchis…
doing-retrying = le modèle ne répond pas, je réessaie ({ $attempt } sur { $most })…
doing-compacting = je résume ce qu'on s'est dit…
