sessions-head = この会話のセッションです。タップで続けられます。/sessions のあとに言葉を書くと今のものに名前が付きます。
sessions-present = 今
sessions-questions = { $count ->
   *[other] { $count } 件のメッセージ
}
sessions-unnamed = 名前なし
sessions-none = ここではまだ話していません。
sessions-named = このセッションは「{ $name }」になりました。
sessions-resumed = 「{ $name }」を続けます。ファイルは今のままです。前のセッションは /sessions にあります。
sessions-gone = そのセッションはもうありません。
