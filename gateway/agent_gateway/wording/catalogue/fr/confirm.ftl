confirm-cancel = Annuler
confirm-cancelled = Annulé. Je n'ai rien changé.
confirm-expired = Cette question a plus de dix minutes, je n'ai donc rien changé. Renvoie la commande.
confirm-pressed = Déjà répondu.
confirm-not-yours = Seule la personne qui a demandé, ou un administrateur, peut répondre.
button-gone = Ce bouton ne fait plus rien.
cleanup-nothing = Rien à nettoyer.
cleanup-busy = Plus rien à terminer : ils sont partis ou ont du travail.
cleanup-question = { $count ->
    [one] Cet agent n'a rien à faire. Le terminer ? La conversation et ses fichiers restent.
   *[other] Ces { $count } agents n'ont rien à faire. Les terminer ? Les conversations et leurs fichiers restent.
}
    .do = { $count ->
    [one] Le terminer
   *[other] Terminer { $count } agents
}
cleanup-done = Terminés : { $names }
cleanup-left = { $count ->
    [one] Un est parti ou a du travail.
   *[other] { $count } sont partis ou ont du travail.
}
forget-nothing = Il n'y a rien à oublier : nous n'avons pas encore parlé ici.
forget-busy = Je travaille encore ici. Envoie d'abord /stop, ou attends.
forget-question = Supprimer cette conversation ? C'est-à-dire tous les messages, le souvenir que j'en ai, les fichiers et ce qu'ont fait les sous-agents. C'est irréversible. /export t'en donne d'abord une copie.
    .do = La supprimer
forgetting = Je la supprime. Désormais je n'en sais plus rien.
forget-done = Supprimé : cette conversation, le souvenir que j'en ai et ses fichiers ({ $messages ->
    [one] { $messages } message
   *[other] { $messages } messages
}, { $files ->
    [one] { $files } fichier
   *[other] { $files } fichiers
}). Les messages que tu vois ici sont à Telegram : supprime-les là-bas.
done = Fait.
