schedules-paused = ⏸ « { $title } » a échoué { $count } fois de suite, je l’ai donc mis en pause.
schedules-go-on = ▶ Reprendre
schedules-going-on = C’est reparti, dès la prochaine fois.
schedules-usage =
    Dis-moi quand et quoi :
    /schedule chaque jour ouvré à 9:00 vérifie les dépendances
    /schedule toutes les 30 minutes regarde si le build est vert
    /schedule demain à 18:00 rappelle-moi la livraison
    /schedule 0 9 * * 1 planifie la semaine
schedules-unclear =
    Je ne comprends pas quand. Écris-le ainsi :
    /schedule chaque jour ouvré à 9:00 vérifie les dépendances
    /schedule demain à 18:00 rappelle-moi la livraison
    /schedule 0 9 * * 1 planifie la semaine
schedules-past = Cette heure est passée.
schedules-too-often = C’est trop souvent : toutes les { $minutes } min au plus.
schedules-full-conversation = Cette conversation a { $count } tâches planifiées, le maximum. Voir /schedules.
schedules-full-chat = Ce chat a { $count } tâches planifiées, le maximum.
schedules-full-all = Il y a { $count } tâches planifiées, le maximum.
schedules-when = { $when } ({ $zone })
schedules-next-times = Les prochaines fois :
schedules-do = ✓ Planifier
schedules-made = ✓ Planifié. Prochaine fois : { $next }
schedules-list = Tâches planifiées de cette conversation
schedules-none = Rien n’est planifié ici. Essaie : /schedule chaque jour ouvré à 9:00 vérifie les dépendances
schedules-next = prochaine fois : { $next }
schedules-soon = en préparation
schedules-over = fait
schedules-suspended = en pause
schedules-failed = en pause : { $count } échecs de suite
schedules-problem = ne marche pas : { $reason }
schedules-cannot-not-allowed = je ne dois plus être utilisé dans ce chat
schedules-cannot-limit = il y en a trop, ou elle revient trop souvent
schedules-cannot-times = je ne comprends pas ses horaires
schedules-cannot-no-topic = son sujet n'existe plus
schedules-cannot-other = quelque chose ne va pas ; un administrateur peut voir quoi
schedules-legend = ⏸ pause · ▶ reprendre · ⚡ maintenant · 🗑 supprimer
schedules-gone = Je ne connais plus cette tâche planifiée.
schedules-delete-question = Supprimer « { $title } » ?
schedules-delete-do = 🗑 Supprimer
schedules-deleted = Supprimé : { $title }
schedules-now = Je m’en occupe.
schedules-runs = C’est déjà en cours.
schedules-not-yours = Seule la personne qui l’a créée ou un administrateur le peut.
schedules-wait = C’est en préparation. Réessaie dans un instant.
heartbeat-usage =
    Je regarde HEARTBEAT.md et la liste de ton équipe, et n’écris que s’il y a quelque chose à dire.
    /heartbeat on : toutes les 30 min, 8-22
    /heartbeat 60 9-18 : chaque heure, 9-18
    /heartbeat off
heartbeat-is = C’est activé ({ $cron }).
heartbeat-none = C’est désactivé.
heartbeat-on = ✓ Activé : toutes les { $minutes } min de { $begin } à { $end } ({ $zone }). Je n’écris que s’il y a quelque chose à dire.
heartbeat-off = ✓ Désactivé.
