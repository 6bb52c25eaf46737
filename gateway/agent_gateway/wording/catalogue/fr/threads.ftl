state-working = Au travail depuis { $time }
state-waking = Se réveille
state-waiting = J'attends mon tour
state-ready = Prêt
state-asleep = Endormi jusqu'à ton message
state-closed = Le sujet est fermé
state-topic-gone = Le sujet n'existe plus
state-chat-gone = Le chat n'existe plus
status-model = modèle { $name }
status-next-model = modèle { $name }, { $next } dès la prochaine réponse
status-queued = { $count ->
    [one] { $count } message en attente
   *[other] { $count } messages en attente
}
status-helpers = { $count ->
    [one] { $count } sous-agent au travail
   *[other] { $count } sous-agents au travail
}
status-unbegun = Nous n'avons pas encore commencé. Écris-moi ce que tu veux.
threads-none = Pas encore de conversations ici. Écris-moi et il y en aura une.
threads-head = Conversations, les plus récentes d'abord. Touches-en une pour l'ouvrir, l'arrêter ou la terminer.
threads-untitled = sans titre
threads-button-open = Ouvrir ↗
threads-button-stop = ⏹ Arrêter
threads-button-end = Terminer
threads-button-back = ◀ Toutes
threads-nothing-runs = Rien n'y est en cours.
threads-stopping = J'arrête…
kill-question = Ceci termine tout de suite l'agent de « { $title } ». Ce qui attend est abandonné ; la conversation et ses fichiers restent.
    .do = Terminer
kill-idle = Il n'y a rien à terminer ici.
start-failed-more = { $count ->
    [one] Un autre message attend la même chose ; « Réessayer » le redemande aussi.
   *[other] { $count } autres messages attendent la même chose ; « Réessayer » les redemande aussi.
}
venue-topic-gone = Le sujet « { $title } » n'existe plus, j'ai donc arrêté ce que j'y faisais. Ce qui a été dit reste dans l'historique.
venue-topic-gone-untitled = Le sujet n'existe plus, j'ai donc arrêté ce que j'y faisais. Ce qui a été dit reste dans l'historique.
venue-chat-gone = Je ne peux plus écrire dans « { $title } », j'ai donc arrêté ce que j'y faisais. Ce qui a été dit reste dans l'historique.
venue-chat-gone-untitled = Je ne peux plus écrire dans le chat, j'ai donc arrêté ce que j'y faisais. Ce qui a été dit reste dans l'historique.
venue-dropped = { $count ->
    [one] J'ai abandonné { $count } message en attente.
   *[other] J'ai abandonné { $count } messages en attente.
}
threads-private = chat privé
status-slots = Agents au travail : { $active } sur { $most }
status-context = Contexte utilisé : { $tokens } tokens
status-pod = Pod : { $name }
venue-closed = Tant que ce sujet est fermé, ton message attend. J'y réponds dès qu'il rouvre.
status-cold-preparing = Les prochains agents étaient en préparation, celui-ci a donc dû démarrer d'abord.
status-cold-hours = Aucun agent n'est tenu prêt à cette heure, celui-ci a donc dû démarrer d'abord.
status-cold-unfit = Aucun agent prêt ne convient à cette conversation, celui-ci a donc dû démarrer d'abord.
status-cold-none = Aucun agent n'était prêt, celui-ci a donc dû démarrer d'abord.
