# /fork。

fork-no-topics = 这个聊天没有话题，无法在这里另开对话。在有话题的群组里，或私聊有话题时可以。/undo 可在这里退回。
fork-nothing = 这里还没有可以复制的。
fork-running = 我还在处理那条消息。请等回答，或回复更早的一条。
fork-unknown = 已无法从那条消息开始。请回复最近二十条之一，或发送 /fork。
fork-refused = 无法打开话题：我没有权限，或这个聊天没有话题。
fork-late = 在我复制之前，已有人在新话题里写了消息：它不带这段历史开始。
fork-gone = 历史在这期间被删除了，所以什么也没复制。
fork-done = 已打开“{ $title }”，带有这段历史和文件。两个对话各自继续。
fork-older = 上一个回答的文件还没存好：那边是之前的样子。
fork-open = 打开
fork-hello = 这个对话带着“{ $title }”的历史和文件开始。这里发生的不影响那边。要我做什么？
