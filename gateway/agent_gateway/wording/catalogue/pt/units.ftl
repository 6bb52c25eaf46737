seconds = { $count } s
minutes = { $count } min
minutes-seconds = { $count } min { $rest } s
hours = { $count } h
hours-minutes = { $count } h { $rest } min
days = { $count ->
    [one] { $count } dia
   *[other] { $count } dias
}
size-bytes = { $count } B
size-kilobytes = { $count } kB
size-megabytes = { $count } MB
size-gigabytes = { $count } GB
