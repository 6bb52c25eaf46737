stopped = 停止しました。
empty-answer = エージェントは何も書かずに終わりました。「何をしたの？」と聞くか、もう一度試してください。
agent-crashed = エージェントがクラッシュしました。
agent-failed = エージェントがあきらめました。
could-not-start = 始められませんでした。
carries-on = 新しいエージェントで続けます。

lost-memory = エージェントのメモリが足りなくなりました。
lost-computer = エージェントが動いていたコンピューターがなくなりました。
lost-time = エージェントの時間が切れました。
lost-stopped = エージェントは停止されました。
lost-replaced = 新しいエージェントが引き継ぎました。
lost-left = エージェントはもういませんでした。
lost-crashed = エージェントが何度もクラッシュしています。
lost-connection = エージェントとの接続が切れました。
lost-settings = エージェントの設定に管理者の対応が必要です。
lost-paused = 管理者がこの会話を一時停止しています。
lost-room = 今はエージェントの空きがありません。
lost-disk = エージェントのディスクが間に合いませんでした。
lost-disk-full = エージェントのディスクがいっぱいになりました。「{ $volume }」の上限は { $limit } です。管理者が容量を増やせます。
lost-disk-full-plain = エージェントのディスクがいっぱいになりました。管理者が容量を増やせます。
lost-preempted = もっと急ぐ処理にエージェントの場所が必要になりました。
lost-queue = エージェントはクラスターの待ち行列で順番を待つ必要があります。
lost-cluster = クラスターがエージェントをうまく起動できません。
lost-fetching = エージェントのソフトウェアの取得に時間がかかりすぎました。
lost-siblings = 別のサブエージェントの終了を待っていました。
lost-done = エージェントは作業を終えていました。
lost-cancelled = キャンセルされました。
lost-no-answer = エージェントは答えずに終わりました。
lost-error = エージェントが失敗しました。
lost-moved = グループの Telegram での id が変わったため、エージェントは最初からやり直しになりました。
lost-restored = 以前の状態に戻されたため、エージェントは最初からやり直しになりました。

again-stop = ⏹ 停止
again-retry = 🔁 もう一度
again-continue = ▶ 続ける
again-asked = もう一度試しています…
again-continued = 続けています…
again-already = すでにもう一度聞いています。
again-whole = 続きはありません。その回答は完全です。
stop-pressed = 停止しています…
turn-over = もう終わっています。

files-none = ⚠️ 作業フォルダーは空です。以前のファイルは残せませんでした。会話は覚えています。
files-older = ⚠️ 作業フォルダーには古いファイルがあります。最新のものは残せませんでした。会話は覚えています。
files-partly = ⚠️ 一部のファイルがありません。合計が大きくなりすぎたため（上限 { $limit }）、小さいものだけを残しました。
files-too-large = ⚠️ ファイルが大きくなりすぎて残せず（上限 { $limit }）、作業フォルダーは空です。会話は覚えています。
file-refused = { $name } を送れませんでした。Telegram の返事: { $why }

set-aside = すみません、このメッセージの何かでつまずきました（番号 { $number }）。別の形で送ってください。
job-failed = すみません、/{ $command } はうまくいきませんでした。もう一度送るか、管理者に知らせてください。

restored-cut = 以前の状態に戻されました。そのときこのメッセージはまだ未回答でした。上に回答があっても覚えていません。なければ、もう一度試してください。
restored-repeated = （もう読んだかもしれません。以前の状態に戻されました。）
restored-note = ⚠️ 以前の状態に戻されました。その後ここで話したことや行ったことは分かりません。ファイルも当時のものです。

error-id = エラー { $id }
telegram-says-no = できません。
