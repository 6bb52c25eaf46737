# 有人在聊天之外，从终端提问。

console-wrote = 💻 { $name } 从终端提问：
console-stopped = 💻 { $name } 从终端停止了这项工作。
