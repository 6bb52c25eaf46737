unknown-command = 不明なコマンド: /{ $name }
unknown-command-near =
    不明なコマンド: /{ $name }
    /{ $near } のことですか？
whoami-person = あなたの id は { $id } です。
whoami-chat = このチャットの id は { $id } です。
whoami-topic = このトピックの id は { $id } です。
whoami-admin = あなたはこのボットの管理者です。
whoami-allowed = あなたはこのボットを使えます。

nothing-runs = 何も動いていません。
stop-too-late = その回答はちょうど終わったところで、止めるものはありませんでした。
stop-too-late-next = その回答はちょうど終わり、次が始まりました。それを止めるには /stop をもう一度送ってください。
stopped-waiting = 停止しました。待機中のメッセージ { NUMBER($count) } 件を取り消しました。
busy = まだ作業中です。先に /stop を送るか、お待ちください。
nothing-to-retry = 繰り返すものはまだありません。何か書いてください。
new-session = 新しく始めます。ファイルはそのままです。
steer-usage = 何を変えるか教えてください: /steer <言葉>
steered = 了解、次に読みます。

kill-unknown = { $name } という会話はありません。/threads で一覧を見られます。
kill-done = 終了しました: { $name }
kill-done-dropped = 終了しました: { $name }。待機中のメッセージ { NUMBER($count) } 件を取り消しました。
kill-nothing = { $name } では何も動いていません。

model-now = モデル: { $name }
model-default = モデル: 既定
model-next = 次の回答から: { $name }
model-next-default = 次の回答から: 既定のモデル
model-writing = 今書いているのは: { $name }
model-writing-other = 今書いているのは: 以前のモデル
model-only = ここで使えるのはこのモデルだけです。
model-unknown = { $name } はここでは使えません。使えるもの: { $models }
model-gone = このモデルはもう一覧にありません。/model をもう一度送ってください。
choices-unknown = ここで何を選べるか、今は確認できません。少ししてからもう一度どうぞ。

language-now = 今は{ $name }で話しています。別の言語を選ぶか、Telegram に合わせてください:
    .follow = Telegram に合わせる
language-chosen = これからは日本語で話します。
language-unknown = その言語はまだ話せません。選んでください:
