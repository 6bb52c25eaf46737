# 通过 hook 到来的事件，以及对已推送内容的检查。

hooks-came = ⚡ 来自 { $name } 的事件
hooks-looking = 我来看看（第 { NUMBER($round) } 次，共 { NUMBER($rounds) } 次）。
hooks-rounds = 我已连续尝试 { NUMBER($rounds) } 次。给我发消息，我就继续。
