# Comptes que quelqu'un relie : /link et /unlink.

link-list = Avec ton compte relié, les pull requests que tu me demandes sont les tiennes. Il ne sert à rien d'autre : le code passe par la clé de l'équipe.
link-list-linked = ✅ { $host } : relié, tu es { $login }
link-list-unable = { $host } : Gitea ne permet pas de relier un compte par un code.
link-list-on = Relier { $host }
link-list-off = Délier { $host }
link-private = Relier un compte ne regarde que nous deux : faisons-le dans notre propre discussion.
link-private-open = Ouvrir notre discussion
link-none = Ici, on ne peut pas relier de compte.
link-none-admin = Ici, on ne peut pas relier de compte : aucune connexion des réglages n'a de clientId.
link-code = { $minutes ->
    [one] Ouvre { $address } et saisis { $code } dans la minute.
   *[other] Ouvre { $address } et saisis { $code } dans les { $minutes } minutes.
} Fais-le seulement si tu me l'as demandé toi-même.
link-code-open = Ouvrir { $host }
link-code-copy = Copier le code
link-done = C'est relié : sur { $host }, tu es { $login }. /unlink l'annule.
link-expired = Personne n'a saisi à temps le code pour { $host }.
link-denied = Cela a été refusé sur { $host } : rien n'est relié.
link-refused = { $host } ne me laisse pas relier ton compte pour l'instant. Si cela dure, dis-le à qui s'occupe de moi.
link-lost = { $host } n'accepte plus le lien avec { $login }, je l'ai donc oublié. /link en fait un nouveau.
link-again = Réessayer
links-full = { $count ->
    [one] Tu as commencé cela une fois dans la dernière heure, et pas plus n'est permis. Réessaie plus tard.
   *[other] Tu as commencé cela { $count } fois dans la dernière heure. Réessaie plus tard.
}
unlinked = C'est délié : j'ai oublié ce qui me laissait agir comme { $login } sur { $host }. Tu peux aussi retirer ce droit là-bas, dans tes réglages.
unlink-nothing = Rien n'est relié.
forget-accounts = Tes comptes reliés disparaissent aussi.
