forget-me-private = それは個人チャットで送ってください。
forget-me-busy = まだあなたのために作業中です。先に /stop を送るか、お待ちください。
forget-me-question = あなたについて保存しているものを削除しますか？対象:

    • 個人チャットでの会話（{ $private }）と、その記憶やファイル
    • グループであなたが書いたもの。私の返答はグループのものなので残ります
    • あなたのメモ。グループ用のメモは名前なしで残ります
    • あなたの予定（{ $schedules }）
    • 連携したアカウント（{ $accounts }）
    • 名前、言語、タイムゾーン

    残るもの: 上限を守るための使用量（言葉なし）、私を使えるという許可、あなたの id による操作の記録。元に戻せません。先に /export all でコピーを受け取れます。
    .do = 削除する
forgetting-me = 削除しています。各会話は消えた時点でお知らせします。
forget-me-done = { $count ->
    [0] 完了しました。
   *[other] 完了しました。グループで書かれたメッセージ { $count } 件を削除しました。そこで起きているエージェントは、眠るまで覚えていることがあります。
}表示されているメッセージは Telegram のものです。そちらで削除してください。
forget-me-more = 最初の { $count } 件の会話を処理しました。残りはもう一度 /forget me を送ってください。
export-all-head = あなたについて保存しているもの
export-all-made = { $at } に書き出し（id { $id }）。
export-all-name = 名前: { $name }
export-all-language = 言語: { $chosen }
export-all-zone = タイムゾーン: { $zone }
export-all-account = 連携したアカウント: { $login }（{ $connection }）
export-all-notes = あなたのメモ
export-all-schedules = あなたの予定
export-all-private = 個人チャットの会話 { $name }
export-all-groups = グループで書いたもの
export-all-acts = あなたの操作
export-all-rest = ほかに: 使用量の合計（/usage）。グループでの私の返答はグループのものです。そこで /export を送ってください。
export-all-caption = { $count ->
   *[other] あなたについて保存しているもの: { $count } 件。
}
