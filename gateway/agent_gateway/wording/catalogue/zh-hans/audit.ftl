audit-head = 谁做了什么，最新的在前：
audit-none = 还没有人做过任何操作。
audit-earlier = 更早
audit-itself = 机器人自己
audit-private = 请在私聊中发 /audit：群里大家都会看到。
audit-usage = 发送 /audit，或 /audit 加某人的 id。
menu-audit = 谁做了什么
    .argument = <id>
