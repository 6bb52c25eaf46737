# 没有更多空间的时候：我能保存的东西是有限的。

room-answer = 我停下来了：这个回答占用的记忆超出了单个回答的上限（{ $size }）。已经说过的内容都在。请让我分成更小的步骤继续。
room-session = 我停下来了：这个对话的记忆已满（{ $size }）。用 /new 重新开始，文件会保留。
room-sessions = 我停下来了：这个对话的记忆，连同 /new 之前的内容，已经满了（{ $size }）。用 /forget 腾出空间。
room-copies = 这里的子代理带的文件太多了（{ $size }），所以我没能再启动一个。等有几个完成后就可以了。
room-files = 要给你的文件超过了我一次能存放的量（{ $size }）。等这些发到后，再向我要其余的。
room-files-refused = 我的空间快用完了，现在不能接收文件。其他一切照常，管理员已经知道。
room-no-new = 我的空间快用完了，现在不能开始新的对话。正在进行的会继续，管理员已经知道。
room-full = 我没有空间了，现在不能接受新的任务。正在做的会继续，管理员已经知道。
room-near-tell = 数据库快满了：{ $used } / { $quota }。我拒绝新的对话和文件；回答和 /stop 照常。请用 /forget 腾出空间，或调大 database.quota。
room-full-tell = 数据库已满：{ $used } / { $quota }。我拒绝新的任务；正在进行的回答和 /stop 照常。请用 /forget 腾出空间，或调大 database.quota。
room-again-tell = 数据库又有空间了：{ $used } / { $quota }。我像以前一样接收一切。
room-aside = 这个对话之前的文件我两次都没能解开，所以不带最新的文件继续。它们会另外保留两周，管理员可以取出。
room-prompt = 这条消息连同附带的内容对代理来说太长了。请分成几部分发送。
room-new-clean = 重新开始，不带之前的文件。它们会另外保留两周。
