forget-me-private = Envoie-moi ça dans notre chat privé.
forget-me-busy = Je travaille encore pour toi. Envoie d'abord /stop, ou attends.
forget-me-question = Supprimer ce que je garde de toi ? C'est-à-dire :

    • nos conversations privées ({ $private }), avec ma mémoire et les fichiers
    • ce que tu as écrit dans des groupes ; mes réponses y restent, car elles sont au groupe
    • tes notes ; celles d'un groupe y restent sans ton nom
    • ce que tu as planifié ({ $schedules })
    • tes comptes liés ({ $accounts })
    • ton nom, ta langue et ton fuseau horaire

    Ce qui reste : combien tu as consommé, sans mots, pour que les limites tiennent ; que tu peux m'utiliser ; et le registre de qui a fait quoi, sous ton id. C'est définitif. /export all t'en donne d'abord une copie.
    .do = Supprimer
forgetting-me = Je le supprime. Chaque conversation le dit quand elle a disparu.
forget-me-done = { $count ->
    [0] C'est fait.
    [one] C'est fait. De ce que tu as écrit dans des groupes, 1 message est supprimé. Un agent éveillé là-bas peut s'en souvenir jusqu'à ce qu'il s'endorme.
   *[other] C'est fait. De ce que tu as écrit dans des groupes, { $count } messages sont supprimés. Un agent éveillé là-bas peut s'en souvenir jusqu'à ce qu'il s'endorme.
} Les messages que tu vois sont à Telegram : supprime-les là.
forget-me-more = J'ai pris les { $count } premières de nos conversations. Renvoie /forget me pour les autres.
export-all-head = Ce que je garde de toi
export-all-made = Exporté le { $at }, pour la personne { $id }.
export-all-name = Nom : { $name }
export-all-language = Langue : { $chosen }
export-all-zone = Fuseau horaire : { $zone }
export-all-account = Compte lié : { $login } ({ $connection })
export-all-notes = Tes notes
export-all-schedules = Ce que tu as planifié
export-all-private = Conversation privée { $name }
export-all-groups = Ce que tu as écrit dans des groupes
export-all-acts = Ce que tu as fait
export-all-rest = En plus : les sommes de ta consommation (/usage). Mes réponses dans des groupes sont au groupe : /export là-bas.
export-all-caption = { $count ->
    [one] Ce que je garde de toi : 1 entrée.
   *[other] Ce que je garde de toi : { $count } entrées.
}
