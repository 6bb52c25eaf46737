sessions-head = 本对话的会话。点一个即可继续；/sessions 加文字给当前会话命名。
sessions-present = 现在
sessions-questions = { $count ->
   *[other] { $count } 条消息
}
sessions-unnamed = 未命名
sessions-none = 我们在这里还没有聊过。
sessions-named = 这个会话现在叫“{ $name }”。
sessions-resumed = 我们继续“{ $name }”。文件保持现状；之前的会话在 /sessions 里。
sessions-gone = 这个会话已经不在了。
