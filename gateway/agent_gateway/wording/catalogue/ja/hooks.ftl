# フックから届いたイベントと、プッシュしたもののチェック。

hooks-came = ⚡ { $name } からのイベント
hooks-looking = 調べています（{ NUMBER($rounds) } 回中 { NUMBER($round) } 回目）。
hooks-rounds = 続けて { NUMBER($rounds) } 回試しました。メッセージをくれれば続けます。
