search-usage =
    Busca en lo que se dijo: /search retry bug
    Acota con since:2026-11-01, until:2026-11-30, by:agent o by:people.
search-head = { $count ->
    [one] «{ $words }»: 1 mensaje
   *[other] «{ $words }»: { $count } mensajes
}
search-none = No encontré nada sobre «{ $words }».
search-nothing-said = Aquí aún no se ha dicho nada.
search-often = Han sido { $count } búsquedas en un minuto. Prueba de nuevo en un momento.
search-gone = Eso ya no lo sé. Busca otra vez con /search.
search-filter-unknown = No entiendo «{ $filter }». Una fecha es since:2026-11-01; quién, by:agent o by:people.
search-here = Aquí se dijo:
search-everybody = 👥 Todos
search-people = 👤 Solo personas
search-agent = 🤖 Solo yo
search-ever = 🗓 Siempre
search-week = 🗓 Última semana
search-month = 🗓 Último mes
search-year = 🗓 Último año
search-all-topics = 📂 Todos los temas
search-this-topic = 📄 Este tema
