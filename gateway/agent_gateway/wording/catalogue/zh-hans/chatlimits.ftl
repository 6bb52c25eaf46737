# 因达到上限而省略或未开始的内容。

notices-left-out = 这里的提示太多，放不下，我省略了最早的那些。
unsent-dropped = { $count ->
   *[other] 我省略了 { $count } 条尚未发送的消息。
}
agent-notice = 我的工作环境报告：
queue-full = { $count ->
   *[other] 这里已有 { $count } 条消息在等待，所以我无法接收这一条。等我回答一些后再写一次。
}
spawn-full = { $count ->
   *[other] 这里已有 { $count } 个子智能体在工作。等其中一个完成后再启动下一个。
}
conversations-full = { $count ->
   *[other] 这个聊天一天之内已开始了 { $count } 个新对话，我无法接受更多。请在其中一个里写，或明天再试。
}
tasks-full = { $count ->
   *[other] 你一小时内已开始了 { $count } 个新任务。请稍后再开始下一个。
}
exports-full = 我正在导出其他历史记录。请过几分钟再试。
export-waits = 这个对话的历史记录已在导出。
export-cut = 内容太长，无法全部发送：之后的内容不在其中。
group-admins-only = 在群组里，只有群管理员或我的管理员可以这样做。
group-leaves = 如果一天之内没有人让它获准，我就会离开。
exports-often = { $count ->
   *[other] 这个对话一小时内已导出 { $count } 次。请稍后再试。
}
