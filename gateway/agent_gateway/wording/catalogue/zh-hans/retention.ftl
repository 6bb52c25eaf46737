files-let-go = 工作区是空的：文件已达到这里允许的保存期限，已被删除。
forget-schedules = { $count ->
   *[other] 它的 { $count } 个定时任务也会删除。
}
