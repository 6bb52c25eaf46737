search-usage =
    Cherche dans ce qui a été dit : /search retry bug
    Précise avec since:2026-11-01, until:2026-11-30, by:agent ou by:people.
search-head = { $count ->
    [one] « { $words } » : 1 message
   *[other] « { $words } » : { $count } messages
}
search-none = Je n'ai rien trouvé pour « { $words } ».
search-nothing-said = Rien n'a encore été dit ici.
search-often = Cela fait { $count } recherches en une minute. Réessaie dans un instant.
search-gone = Je ne le sais plus. Cherche de nouveau avec /search.
search-filter-unknown = Je ne comprends pas « { $filter } ». Une date s'écrit since:2026-11-01 ; qui parle, by:agent ou by:people.
search-here = C'était ici :
search-everybody = 👥 Tout le monde
search-people = 👤 Personnes seules
search-agent = 🤖 Moi seul
search-ever = 🗓 Toujours
search-week = 🗓 Semaine passée
search-month = 🗓 Mois passé
search-year = 🗓 Année passée
search-all-topics = 📂 Tous les sujets
search-this-topic = 📄 Ce sujet
