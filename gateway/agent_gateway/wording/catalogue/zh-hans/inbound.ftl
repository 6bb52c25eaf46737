unreadable = 我打不开这种消息。请发文字、图片或文件。
nothing-asked = 要我做什么？写在我的名字后面，或者回复我。
anonymous = 我只回答能认出身份的人。请用你自己的身份（不是群或频道）再问一次。
too-large = { $name } 有 { $size }，而 Telegram 只允许机器人下载 20 MB。请发链接，或者拆开。我还没有开始。
takes-no-file = /{ $name } 不接收文件，所以我什么也没做。请不带文件再发。
file-not-fetched = 我没能把 { $name } 交给智能体。请重新发送，或换一种形式。
