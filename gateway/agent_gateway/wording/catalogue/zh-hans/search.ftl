search-usage =
    搜索说过的话：/search retry bug
    可用 since:2026-11-01、until:2026-11-30、by:agent 或 by:people 缩小范围。
search-head = { $count ->
   *[other] “{ $words }”：{ $count } 条消息
}
search-none = 没有找到“{ $words }”。
search-nothing-said = 这里还没有说过什么。
search-often = 一分钟内已经搜索 { $count } 次，请稍后再试。
search-gone = 这个我已经不记得了。请用 /search 再搜一次。
search-filter-unknown = 我看不懂“{ $filter }”。日期写作 since:2026-11-01，说话者写作 by:agent 或 by:people。
search-here = 在这里说过：
search-everybody = 👥 所有人
search-people = 👤 仅用户
search-agent = 🤖 仅我
search-ever = 🗓 全部时间
search-week = 🗓 最近一周
search-month = 🗓 最近一月
search-year = 🗓 最近一年
search-all-topics = 📂 所有话题
search-this-topic = 📄 本话题
