search-usage =
    Ищи в том, что было сказано: /search retry bug
    Уточни: since:2026-11-01, until:2026-11-30, by:agent или by:people.
search-head = { $count ->
    [one] «{ $words }»: { $count } сообщение
    [few] «{ $words }»: { $count } сообщения
    [many] «{ $words }»: { $count } сообщений
   *[other] «{ $words }»: { $count } сообщения
}
search-none = По запросу «{ $words }» ничего нет.
search-nothing-said = Здесь ещё ничего не сказано.
search-often = Поисков за минуту: { $count }. Попробуй чуть позже.
search-gone = Этого я уже не помню. Поищи ещё раз: /search.
search-filter-unknown = Не понимаю «{ $filter }». Дата: since:2026-11-01; кто сказал: by:agent или by:people.
search-here = Это было здесь:
search-everybody = 👥 Все
search-people = 👤 Только люди
search-agent = 🤖 Только я
search-ever = 🗓 За всё время
search-week = 🗓 За неделю
search-month = 🗓 За месяц
search-year = 🗓 За год
search-all-topics = 📂 Все темы
search-this-topic = 📄 Эта тема
