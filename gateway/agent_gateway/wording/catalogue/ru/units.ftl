seconds = { $count } с
minutes = { $count } мин
minutes-seconds = { $count } мин { $rest } с
hours = { $count } ч
hours-minutes = { $count } ч { $rest } мин
days = { $count ->
    [one] { $count } день
    [few] { $count } дня
   *[many] { $count } дней
}
size-bytes = { $count } Б
size-kilobytes = { $count } кБ
size-megabytes = { $count } МБ
size-gigabytes = { $count } ГБ
