export-nothing = Истории пока нет. Напиши мне что-нибудь.
export-made = Беседа { $name }, выгружена { $at }.
export-person = Человек
export-person-id = Человек { $id }
export-agent = Агент
export-subagent = Субагент { $name }
export-task = Задача: { $task }
export-caption = { $count ->
    [one] История этой беседы: { $count } запись.
    [few] История этой беседы: { $count } записи.
   *[many] История этой беседы: { $count } записей.
}
export-caption-parts = { $count ->
    [one] История этой беседы: { $count } запись, файлов: { $parts }.
    [few] История этой беседы: { $count } записи, файлов: { $parts }.
   *[many] История этой беседы: { $count } записей, файлов: { $parts }.
}
