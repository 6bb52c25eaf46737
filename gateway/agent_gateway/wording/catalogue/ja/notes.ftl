notes-usage =
    覚えることを教えてください: /remember uv を使う
    for:chat でここの全トピック、for:me で個人チャットに効きます。/memory で一覧します。
notes-noted-here = 📝 この会話で覚えておきます: { $note }
notes-noted-chat = 📝 このチャット全体で覚えておきます: { $note }
notes-noted-talk = 📝 このチャット全体で覚えておきます。{ $name } との会話から: { $note }
notes-noted-event = 📝 このチャット全体で覚えておきます。ここの誰かの発言ではなく、イベントまたは予定からです: { $note }
notes-noted-person = 📝 あなたについて覚えておきます: { $note }
notes-full = すでに { $count } 件覚えています。先に /memory で消してください。
notes-long = 長すぎます。メモは { $count } 文字までです。
notes-private = 個人についてのメモは、二人で話すチャットでだけ取ります。
notes-none = ここにはメモがありません。/remember で作れます。
notes-head = { $count ->
   *[other] ここで { $count } 件覚えています。タップで消せます。
}
notes-gone = そのメモはもうありません。
notes-deleted = 忘れました。
notes-button-chat = 全トピックで
notes-button-person = 自分用
notes-button-delete = 🗑 消す
notes-here = この会話
notes-chat = チャット全体
notes-person = あなたについて
notes-by-agent = { $name } のために私がメモ
notes-by-itself = 誰にも頼まれずに私がメモ
