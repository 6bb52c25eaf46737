# Ce qui est laissé de côté ou pas commencé, une limite étant atteinte.

notices-left-out = J'avais plus de remarques ici qu'il n'y a de place : j'ai laissé de côté les plus anciennes.
unsent-dropped = { $count ->
    [one] J'ai laissé de côté un message qui attendait encore d'être envoyé.
   *[other] J'ai laissé de côté { $count } messages qui attendaient encore d'être envoyés.
}
agent-notice = Mon environnement de travail signale :
queue-full = { $count ->
    [one] Un message attend déjà ici, je ne peux donc pas prendre celui-ci. Réécris-le quand j'aurai répondu.
   *[other] { $count } messages attendent déjà ici, je ne peux donc pas prendre celui-ci. Réécris-le quand j'aurai répondu à quelques-uns.
}
spawn-full = { $count ->
    [one] Un sous-agent travaille déjà ici. Lance le suivant quand il aura fini.
   *[other] { $count } sous-agents travaillent déjà ici. Lance le suivant quand l'un d'eux aura fini.
}
conversations-full = { $count ->
    [one] Une nouvelle conversation a commencé dans ce chat en un jour, je ne peux pas en prendre plus. Écris dans celle-ci ou réessaie demain.
   *[other] { $count } nouvelles conversations ont commencé dans ce chat en un jour, je ne peux pas en prendre plus. Écris dans l'une d'elles ou réessaie demain.
}
tasks-full = { $count ->
    [one] Tu as commencé une nouvelle tâche en une heure. Commence la suivante un peu plus tard.
   *[other] Tu as commencé { $count } nouvelles tâches en une heure. Commence la suivante un peu plus tard.
}
exports-full = J'écris d'autres historiques en ce moment. Redemande dans quelques minutes.
export-waits = L'historique de cette conversation est déjà en cours d'écriture.
export-cut = Il est trop long pour être envoyé en entier : la suite n'y figure pas.
group-admins-only = Dans un groupe, seuls ses administrateurs ou les miens peuvent le faire.
group-leaves = Si personne ne l'admet d'ici un jour, je repars.
exports-often = { $count ->
    [one] Un historique de cette conversation a déjà été écrit en une heure. Redemande un peu plus tard.
   *[other] { $count } historiques de cette conversation ont déjà été écrits en une heure. Redemande un peu plus tard.
}
