diff-nothing = Aucun fichier n'a changé.
diff-count = { $count ->
    [one] { $count } fichier
   *[other] { $count } fichiers
}
diff-more = { $count ->
    [one] …et encore { $count } fichier
   *[other] …et encore { $count } fichiers
}
diff-patch = { $count ->
    [one] Le patch entier : { $count } fichier.
   *[other] Le patch entier : { $count } fichiers.
}
diff-often = { $count ->
    [one] J'ai déjà regardé les fichiers { $count } fois cette heure-ci, je ne peux pas plus. Redemande plus tard.
   *[other] J'ai déjà regardé les fichiers { $count } fois cette heure-ci, je ne peux pas plus. Redemande plus tard.
}
diff-title-turn = Ce que ma dernière réponse a changé
diff-title-branch = Ce qui a changé depuis `{ $base }`
diff-title-kept = Ce qui a changé depuis les plus anciens fichiers que je garde
diff-new = Je ne garde pas de fichiers plus anciens : tous sont nouveaux.
diff-none = Je ne garde pas encore de fichiers de cette conversation.
diff-unchanged-turn = Ma dernière réponse n'a changé aucun fichier. Voici le dernier changement avant elle.
diff-late = Les fichiers de ma dernière réponse ne sont pas encore enregistrés. Voici le dernier changement avant elle.
diff-at-work = Ce que je change en ce moment n'y est pas encore.
diff-no-agent = Mon dossier de travail est fermé pour l'instant, alors je compare les fichiers que je garde.
diff-no-branch = Je n'ai trouvé aucune branche à comparer, alors je compare les fichiers que je garde.
diff-waits = Je regarde déjà les fichiers.
diff-full = Je regarde en ce moment les fichiers de beaucoup d'autres. Redemande dans un instant.
diff-unread = Je n'ai pas pu lire les fichiers que je garde. Réessaie dans un instant.
diff-cut = Certains fichiers étaient trop gros pour lui.
diff-button-turn = Dernière réponse
diff-button-all = Tout depuis la branche
diff-note-binary = binaire
diff-note-picture = image
diff-note-large = gros
diff-note-secret = contient peut-être des clés, non montré
diff-note-rights = seulement ses droits
diff-note-unread = non montré
diff-title-begin = Ce qui a changé depuis le début du dépôt
