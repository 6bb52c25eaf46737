search-usage =
    話した内容を検索: /search retry bug
    since:2026-11-01、until:2026-11-30、by:agent、by:people で絞れます。
search-head = { $count ->
   *[other] 「{ $words }」: { $count } 件
}
search-none = 「{ $words }」は見つかりませんでした。
search-nothing-said = ここではまだ何も話していません。
search-often = 1 分間に { $count } 回検索しました。少し待ってください。
search-gone = もう覚えていません。/search でもう一度検索してください。
search-filter-unknown = 「{ $filter }」がわかりません。日付は since:2026-11-01、話した人は by:agent か by:people です。
search-here = ここで話しました:
search-everybody = 👥 全員
search-people = 👤 人だけ
search-agent = 🤖 私だけ
search-ever = 🗓 全期間
search-week = 🗓 1 週間
search-month = 🗓 1 か月
search-year = 🗓 1 年
search-all-topics = 📂 全トピック
search-this-topic = 📄 このトピック
