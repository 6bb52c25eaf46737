unknown-command = 未知命令：/{ $name }
unknown-command-near =
    未知命令：/{ $name }
    你是不是想用 /{ $near }？
whoami-person = 你的 id 是 { $id }。
whoami-chat = 这个聊天的 id 是 { $id }。
whoami-topic = 这个话题的 id 是 { $id }。
whoami-admin = 你是这个机器人的管理员。
whoami-allowed = 你可以使用这个机器人。

nothing-runs = 没有正在进行的工作。
stop-too-late = 那个回答刚好结束，没有什么可以停止了。
stop-too-late-next = 那个回答刚好结束，下一个已经开始。要停止它，请再发 /stop。
stopped-waiting = 已停止。我丢弃了 { NUMBER($count) } 条等待的消息。
busy = 我还在工作。请先发 /stop，或者等一等。
nothing-to-retry = 还没有可以重问的。给我写点什么吧。
new-session = 重新开始。你的文件都还在。
steer-usage = 告诉我要改什么：/steer <内容>
steered = 收到，我接下来就看。

kill-unknown = 没有叫 { $name } 的对话。用 /threads 查看。
kill-done = 已结束：{ $name }
kill-done-dropped = 已结束：{ $name }。我丢弃了 { NUMBER($count) } 条等待的消息。
kill-nothing = { $name } 里没有正在进行的工作。

model-now = 模型：{ $name }
model-default = 模型：默认
model-next = 从下一个回答起：{ $name }
model-next-default = 从下一个回答起：默认模型
model-writing = 现在在写的是：{ $name }
model-writing-other = 现在在写的是：之前的模型
model-only = 这里只有这个模型。
model-unknown = 这里不能用 { $name }。可用：{ $models }
model-gone = 这个模型已不在列表里。请再发 /model。
choices-unknown = 现在无法确认这里可以选什么。请稍后再试。

language-now = 我和你说{ $name }。点另一种语言，或者让我跟随你的 Telegram：
    .follow = 跟随 Telegram
language-chosen = 从现在起我和你说中文。
language-unknown = 这种语言我还不会。请点一种：
