branches-here = 在我的工作目录里
branches-pushed = 从这里推送的
branches-none = 我的工作目录里没有仓库，也没有从这里推送过。
branches-away = 我的工作目录现在是关闭的：我只知道推送过什么。
branches-open = 打开
branches-silent = 我的工作目录没有回应：我只知道推送过什么。
branches-more = ……还有更多
branches-button = 再看一次
