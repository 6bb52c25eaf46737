notes-usage =
    告诉我要记住什么：/remember 我们用 uv
    加 for:chat 对这里所有话题有效，加 for:me 只在我们的私聊有效。/memory 显示全部。
notes-noted-here = 📝 我会在本对话中记住：{ $note }
notes-noted-chat = 📝 我会在整个聊天中记住：{ $note }
notes-noted-talk = 📝 我会在整个聊天中记住。这来自我与 { $name } 的对话：{ $note }
notes-noted-event = 📝 我会在整个聊天中记住。这不是这里的人说的，而是来自事件或定时任务：{ $note }
notes-noted-person = 📝 关于你，我会记住：{ $note }
notes-full = 我已经记住了 { $count } 条。请先用 /memory 删除一些。
notes-long = 太长了。一条笔记最多 { $count } 个字符。
notes-private = 关于某个人的笔记，我只在我们单独聊天时记。
notes-none = 这里没有笔记。用 /remember 记一条。
notes-head = { $count ->
   *[other] 我在这里记住了 { $count } 条。点一下即可删除。
}
notes-gone = 这条笔记已经不在了。
notes-deleted = 已忘记。
notes-button-chat = 用于所有话题
notes-button-person = 用于我
notes-button-delete = 🗑 删除
notes-here = 本对话
notes-chat = 整个聊天
notes-person = 关于你
notes-by-agent = 我为 { $name } 记下
notes-by-itself = 我自己记下，没有人要求
