search-usage =
    Durchsuche, was gesagt wurde: /search retry bug
    Enger mit since:2026-11-01, until:2026-11-30, by:agent oder by:people.
search-head = { $count ->
    [one] „{ $words }“: 1 Nachricht
   *[other] „{ $words }“: { $count } Nachrichten
}
search-none = Zu „{ $words }“ habe ich nichts gefunden.
search-nothing-said = Hier wurde noch nichts gesagt.
search-often = Das waren { $count } Suchen in einer Minute. Versuch es gleich noch einmal.
search-gone = Das weiß ich nicht mehr. Such noch einmal mit /search.
search-filter-unknown = „{ $filter }“ verstehe ich nicht. Ein Datum sieht so aus: since:2026-11-01; Personen: by:agent oder by:people.
search-here = Hier wurde es gesagt:
search-everybody = 👥 Alle
search-people = 👤 Nur Personen
search-agent = 🤖 Nur ich
search-ever = 🗓 Jederzeit
search-week = 🗓 Letzte Woche
search-month = 🗓 Letzter Monat
search-year = 🗓 Letztes Jahr
search-all-topics = 📂 Alle Themen
search-this-topic = 📄 Dieses Thema
