# 人が連携するアカウント: /link と /unlink。

link-list = アカウントを連携すると、あなたに頼まれたプルリクエストはあなたのものになります。ほかには使いません。コードはチームの鍵で送ります。
link-list-linked = ✅ { $host }: { $login } として連携中
link-list-unable = { $host }: Gitea ではコードでの連携ができません。
link-list-on = { $host } を連携
link-list-off = { $host } の連携を解除
link-private = アカウントの連携は二人だけの話なので、個別のチャットでしましょう。
link-private-open = チャットを開く
link-none = ここではアカウントを連携できません。
link-none-admin = ここではアカウントを連携できません。設定のどの接続にも clientId がありません。
link-code = { $minutes ->
   *[other] { $address } を開き、{ $minutes } 分以内に { $code } を入力してください。
} 自分で頼んだときだけにしてください。
link-code-open = { $host } を開く
link-code-copy = コードをコピー
link-done = 連携しました。{ $host } では { $login } です。/unlink で取り消せます。
link-expired = { $host } のコードは時間内に入力されませんでした。
link-denied = { $host } で断られたので、連携していません。
link-refused = 今は { $host } でアカウントを連携できません。続くようなら管理している人に伝えてください。
link-lost = { $host } が { $login } との連携を受け付けなくなったので、忘れました。/link で作り直せます。
link-again = もう一度
links-full = { $count ->
   *[other] この一時間に { $count } 回始めています。あとでもう一度どうぞ。
}
unlinked = 連携を解除しました。{ $host } で { $login } として動くためのものは忘れました。そちらの設定でも権限を取り消せます。
unlink-nothing = 連携しているものはありません。
forget-accounts = 連携したアカウントも消えます。
