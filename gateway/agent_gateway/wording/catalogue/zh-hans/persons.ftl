forget-me-private = 请在我们的私聊中发送。
forget-me-busy = 我还在为你工作。请先发 /stop，或稍等。
forget-me-question = 删除我保存的关于你的一切？包括：

    • 我们的私聊对话（{ $private }），以及我对它们的记忆和文件
    • 你在群里写的内容；我在那里的回答会保留，因为它们属于群
    • 你的笔记；为群记的笔记会保留，但不带你的名字
    • 你安排的定时任务（{ $schedules }）
    • 你关联的账号（{ $accounts }）
    • 你的名字、语言和时区

    会保留的：你的用量（不含内容），好让限额有效；你可以使用我这件事；以及以你的 id 记下的操作记录。无法撤销。/export all 可以先给你一份副本。
    .do = 删除
forgetting-me = 正在删除。每个对话删完后会告诉你。
forget-me-done = { $count ->
    [0] 完成。
   *[other] 完成。你在群里写的内容中，已删除 { $count } 条消息。在那里醒着的代理可能还记得，直到它休眠。
}你看到的消息在 Telegram 上：请在那里删除。
forget-me-more = 我先处理了我们的前 { $count } 个对话。其余的请再发一次 /forget me。
export-all-head = 我保存的关于你的内容
export-all-made = 导出于 { $at }，属于 id { $id }。
export-all-name = 名字：{ $name }
export-all-language = 语言：{ $chosen }
export-all-zone = 时区：{ $zone }
export-all-account = 关联的账号：{ $login }（{ $connection }）
export-all-notes = 你的笔记
export-all-schedules = 你安排的定时任务
export-all-private = 私聊对话 { $name }
export-all-groups = 你在群里写的内容
export-all-acts = 你做过的操作
export-all-rest = 此外：你的用量总和（/usage）。我在群里的回答属于群：在那里发 /export。
export-all-caption = { $count ->
   *[other] 我保存的关于你的内容：{ $count } 条。
}
