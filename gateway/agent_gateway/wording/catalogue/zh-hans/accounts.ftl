# 个人关联的账号：/link 和 /unlink。

link-list = 关联账号后，你让我发起的拉取请求就归在你名下。账号不作他用：代码走团队自己的密钥。
link-list-linked = ✅ { $host }：已关联 { $login }
link-list-unable = { $host }：Gitea 不支持用验证码关联账号。
link-list-on = 关联 { $host }
link-list-off = 取消关联 { $host }
link-private = 关联账号只是你我之间的事，到我们的私聊里来吧。
link-private-open = 打开私聊
link-none = 这里不能关联账号。
link-none-admin = 这里不能关联账号：设置里没有一个连接写了 clientId。
link-code = { $minutes ->
   *[other] 打开 { $address }，在 { $minutes } 分钟内输入 { $code }。
} 只有你自己向我要过，才这样做。
link-code-open = 打开 { $host }
link-code-copy = 复制验证码
link-done = 已关联：你在 { $host } 上是 { $login }。/unlink 可撤回。
link-expired = { $host } 的验证码没有及时输入。
link-denied = 在 { $host } 上被拒绝了，没有关联任何账号。
link-refused = { $host } 现在不让我关联你的账号。如果一直这样，请告诉管理我的人。
link-lost = { $host } 不再接受与 { $login } 的关联，我已经忘掉它。用 /link 重新关联。
link-again = 再试一次
links-full = { $count ->
   *[other] 最近一小时你已经开始了 { $count } 次，请稍后再试。
}
unlinked = 已取消关联：我忘掉了能在 { $host } 上代表 { $login } 的凭据。你也可以在那边的设置里收回授权。
unlink-nothing = 没有关联任何账号。
forget-accounts = 你关联的账号也会一并删除。
