# What is older than the rule of its class.

files-let-go = The workspace is empty: its files were as old as files may get here, so they were deleted.
forget-schedules = { $count ->
    [one] Its schedule goes too.
   *[other] Its { $count } schedules go too.
}
