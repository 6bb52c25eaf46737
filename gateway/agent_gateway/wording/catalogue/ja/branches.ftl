branches-here = 作業フォルダーの中
branches-pushed = ここからプッシュしたもの
branches-none = 作業フォルダーにリポジトリはなく、ここから何もプッシュしていません。
branches-away = 作業フォルダーはいま閉じています。プッシュしたものだけわかります。
branches-open = 開く
branches-silent = 作業フォルダーが応答しませんでした。プッシュしたものだけわかります。
branches-more = …ほか
branches-button = もう一度見る
