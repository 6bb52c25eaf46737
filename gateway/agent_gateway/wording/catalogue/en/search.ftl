# Search: /search, its pages and buttons.

search-usage =
    Search what was said: /search retry bug
    Narrow it with since:2026-11-01, until:2026-11-30, by:agent or by:people.
search-head = { $count ->
    [one] “{ $words }”: 1 message
   *[other] “{ $words }”: { $count } messages
}
search-none = I found nothing for “{ $words }”.
search-nothing-said = Nothing was said here yet.
search-often = That's { $count } searches in a minute. Try again in a moment.
search-gone = That's no longer known. Search again with /search.
search-filter-unknown = I don't understand “{ $filter }”. Dates look like since:2026-11-01; people are by:agent or by:people.
search-here = Here it was said:
search-everybody = 👥 Everybody
search-people = 👤 People only
search-agent = 🤖 Me only
search-ever = 🗓 Ever
search-week = 🗓 Last week
search-month = 🗓 Last month
search-year = 🗓 Last year
search-all-topics = 📂 All topics
search-this-topic = 📄 This topic
