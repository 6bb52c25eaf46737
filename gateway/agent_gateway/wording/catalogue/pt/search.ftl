search-usage =
    Procura no que foi dito: /search retry bug
    Restringe com since:2026-11-01, until:2026-11-30, by:agent ou by:people.
search-head = { $count ->
    [one] “{ $words }”: 1 mensagem
   *[other] “{ $words }”: { $count } mensagens
}
search-none = Não encontrei nada sobre “{ $words }”.
search-nothing-said = Ainda não se disse nada aqui.
search-often = Foram { $count } buscas num minuto. Tenta de novo daqui a pouco.
search-gone = Isso já não sei. Procura outra vez com /search.
search-filter-unknown = Não entendo “{ $filter }”. Uma data é since:2026-11-01; quem falou, by:agent ou by:people.
search-here = Foi dito aqui:
search-everybody = 👥 Todos
search-people = 👤 Só pessoas
search-agent = 🤖 Só eu
search-ever = 🗓 Sempre
search-week = 🗓 Última semana
search-month = 🗓 Último mês
search-year = 🗓 Último ano
search-all-topics = 📂 Todos os tópicos
search-this-topic = 📄 Este tópico
