audit-head = Qui a fait quoi, le plus récent d'abord :
audit-none = Personne n'a encore rien fait.
audit-earlier = Avant
audit-itself = le bot lui-même
audit-private = Envoie-moi /audit en privé : un groupe le lirait.
audit-usage = Écris /audit, ou /audit et l'id d'une personne.
menu-audit = qui a fait quoi
    .argument = <id>
