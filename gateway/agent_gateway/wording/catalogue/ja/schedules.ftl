schedules-paused = ⏸ 「{ $title }」が { $count } 回続けて失敗したので、一時停止しました。
schedules-go-on = ▶ 再開
schedules-going-on = 再開しました。次の回から動きます。
schedules-usage =
    いつ、何をするか教えてください：
    /schedule 平日 9:00 依存関係を確認
    /schedule 30分ごとに ビルドが通っているか見て
    /schedule 明日 18:00 リリースを思い出させて
    /schedule 0 9 * * 1 今週の予定を立てて
schedules-unclear =
    いつなのか分かりません。このように書いてください：
    /schedule 平日 9:00 依存関係を確認
    /schedule 明日 18:00 リリースを思い出させて
    /schedule 0 9 * * 1 今週の予定を立てて
schedules-past = その時刻は過ぎています。
schedules-too-often = 頻度が高すぎます。{ $minutes } 分に 1 回までです。
schedules-full-conversation = この会話の予定は { $count } 件で、上限です。/schedules をご覧ください。
schedules-full-chat = このチャットの予定は { $count } 件で、上限です。
schedules-full-all = 予定は全部で { $count } 件あり、上限です。
schedules-when = { $when }（{ $zone }）
schedules-next-times = 次の予定：
schedules-do = ✓ 予定する
schedules-made = ✓ 予定しました。次回：{ $next }
schedules-list = この会話の予定
schedules-none = ここには予定がありません。例：/schedule 平日 9:00 依存関係を確認
schedules-next = 次回：{ $next }
schedules-soon = 準備中
schedules-over = 完了
schedules-suspended = 一時停止中
schedules-failed = 一時停止中：{ $count } 回続けて失敗
schedules-problem = 動きません：{ $reason }
schedules-cannot-not-allowed = このチャットではもう私を使えません
schedules-cannot-limit = 数が多すぎるか、頻繁すぎます
schedules-cannot-times = 時刻の指定が分かりません
schedules-cannot-no-topic = トピックがもうありません
schedules-cannot-other = 何か問題があります。内容は管理者が確認できます
schedules-legend = ⏸ 一時停止 · ▶ 再開 · ⚡ 今すぐ · 🗑 削除
schedules-gone = この予定はもう分かりません。
schedules-delete-question = 「{ $title }」を削除しますか？
schedules-delete-do = 🗑 削除
schedules-deleted = 削除しました：{ $title }
schedules-now = 取りかかります。
schedules-runs = すでに実行中です。
schedules-not-yours = 作成者か管理者だけができます。
schedules-wait = 準備中です。少し後でもう一度お試しください。
heartbeat-usage =
    HEARTBEAT.md とチームのチェックリストを見て、伝えることがあるときだけ書きます。
    /heartbeat on：30 分ごと、8-22
    /heartbeat 60 9-18：1 時間ごと、9-18
    /heartbeat off
heartbeat-is = オンです（{ $cron }）。
heartbeat-none = オフです。
heartbeat-on = ✓ オン：{ $begin } から { $end } まで { $minutes } 分ごと（{ $zone }）。伝えることがあるときだけ書きます。
heartbeat-off = ✓ オフ。
