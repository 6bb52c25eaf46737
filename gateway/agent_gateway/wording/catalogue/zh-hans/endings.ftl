stopped = 已停止。
empty-answer = 智能体结束了，但什么也没写。问它“你做了什么？”，或再试一次。
agent-crashed = 智能体崩溃了。
agent-failed = 智能体放弃了。
could-not-start = 没能开始。
carries-on = 我换一个新的继续。

lost-memory = 智能体的内存用完了。
lost-computer = 智能体所在的电脑不见了。
lost-time = 智能体的时间用完了。
lost-stopped = 智能体被停止了。
lost-replaced = 更新的智能体接手了。
lost-left = 智能体已经离开。
lost-crashed = 智能体不断崩溃。
lost-connection = 我和智能体断了连接。
lost-settings = 智能体的设置需要管理员处理。
lost-paused = 管理员暂停了这个对话。
lost-room = 现在没有空位给智能体。
lost-disk = 智能体的磁盘没有及时就绪。
lost-disk-full = 智能体的磁盘满了：“{ $volume }”最多可存 { $limit }。管理员可以给它更多空间。
lost-disk-full-plain = 智能体的磁盘满了。管理员可以给它更多空间。
lost-preempted = 更紧急的任务占用了智能体的位置。
lost-queue = 智能体要在集群的队列里等待。
lost-cluster = 集群启动智能体时遇到困难。
lost-fetching = 获取智能体的软件花了太久。
lost-siblings = 它在等另一个子智能体结束。
lost-done = 智能体已经完成任务。
lost-cancelled = 已取消。
lost-no-answer = 智能体没有回答就结束了。
lost-error = 智能体失败了。
lost-moved = 这个群在 Telegram 有了新的 id，智能体只好重新开始。
lost-restored = 我被恢复到以前的状态，智能体只好重新开始。

again-stop = ⏹ 停止
again-retry = 🔁 再试一次
again-continue = ▶ 继续
again-asked = 正在重试…
again-continued = 正在继续…
again-already = 已经重新问过了。
again-whole = 没有可继续的：那个回答是完整的。
stop-pressed = 正在停止…
turn-over = 已经结束了。

files-none = ⚠️ 工作区是空的：之前的文件没能保留。我们的对话我还记得。
files-older = ⚠️ 工作区里是旧文件：最新的没能保留。我们的对话我还记得。
files-partly = ⚠️ 你的部分文件不在了：它们加起来太大，无法全部保留（上限 { $limit }），所以我保留了较小的。
files-too-large = ⚠️ 你的文件太大，无法保留（上限 { $limit }），所以工作区是空的。我们的对话我还记得。
file-refused = { $name } 发送失败。Telegram 说：{ $why }

set-aside = 抱歉，这条消息把我难住了（编号 { $number }）。请换一种形式再发。
job-failed = 抱歉，/{ $command } 没有成功。请再发一次，或告诉管理员。

restored-cut = 我被恢复到以前的状态，那时这条消息还没有回答。如果上面有回答，我不记得了；如果没有，请再试一次。
restored-repeated = （你可能已经读过：我被恢复到以前的状态。）
restored-note = ⚠️ 我被恢复到以前的状态：之后在这里说过、做过的事我都不知道，文件也是那时的。

error-id = 错误 { $id }
telegram-says-no = 不行。
