schedules-paused = ⏸ “{ $title }”连续失败了 { $count } 次，我已暂停它。
schedules-go-on = ▶ 继续
schedules-going-on = 已恢复，从下一次开始。
schedules-usage =
    告诉我什么时候做什么：
    /schedule 每个工作日 9:00 检查依赖
    /schedule 每30分钟 看看构建是否通过
    /schedule 明天 18:00 提醒我发布
    /schedule 0 9 * * 1 计划这一周
schedules-unclear =
    我不明白是什么时候。请这样写：
    /schedule 每个工作日 9:00 检查依赖
    /schedule 明天 18:00 提醒我发布
    /schedule 0 9 * * 1 计划这一周
schedules-past = 这个时间已经过去。
schedules-too-often = 太频繁了：最多每 { $minutes } 分钟一次。
schedules-full-conversation = 此对话已有 { $count } 个定时任务，不能再多。请看 /schedules。
schedules-full-chat = 此聊天已有 { $count } 个定时任务，不能再多。
schedules-full-all = 已有 { $count } 个定时任务，不能再多。
schedules-when = { $when }（{ $zone }）
schedules-next-times = 接下来几次：
schedules-do = ✓ 安排
schedules-made = ✓ 已安排。下一次：{ $next }
schedules-list = 此对话的定时任务
schedules-none = 这里没有定时任务。试试：/schedule 每个工作日 9:00 检查依赖
schedules-next = 下一次：{ $next }
schedules-soon = 正在设置
schedules-over = 已完成
schedules-suspended = 已暂停
schedules-failed = 已暂停：连续失败 { $count } 次
schedules-problem = 无法运行：{ $reason }
schedules-cannot-not-allowed = 我不能再在这个聊天中使用
schedules-cannot-limit = 数量太多，或过于频繁
schedules-cannot-times = 我看不懂它的时间
schedules-cannot-no-topic = 它的话题已不存在
schedules-cannot-other = 它有问题；管理员可以看到原因
schedules-legend = ⏸ 暂停 · ▶ 继续 · ⚡ 现在 · 🗑 删除
schedules-gone = 我已不认识这个定时任务。
schedules-delete-question = 删除“{ $title }”？
schedules-delete-do = 🗑 删除
schedules-deleted = 已删除：{ $title }
schedules-now = 我这就去做。
schedules-runs = 它正在运行。
schedules-not-yours = 只有创建者或管理员可以这样做。
schedules-wait = 正在设置，请稍后再试。
heartbeat-usage =
    我会查看 HEARTBEAT.md 和团队的清单，只在有话要说时才写。
    /heartbeat on：每 30 分钟，8-22
    /heartbeat 60 9-18：每小时，9-18
    /heartbeat off
heartbeat-is = 已开启（{ $cron }）。
heartbeat-none = 已关闭。
heartbeat-on = ✓ 已开启：每 { $minutes } 分钟，从 { $begin } 到 { $end }（{ $zone }）。只在有话要说时才写。
heartbeat-off = ✓ 已关闭。
