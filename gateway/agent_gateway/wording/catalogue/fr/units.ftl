seconds = { $count } s
minutes = { $count } min
minutes-seconds = { $count } min { $rest } s
hours = { $count } h
hours-minutes = { $count } h { $rest } min
days = { $count ->
    [one] { $count } jour
   *[other] { $count } jours
}
size-bytes = { $count } o
size-kilobytes = { $count } ko
size-megabytes = { $count } Mo
size-gigabytes = { $count } Go
