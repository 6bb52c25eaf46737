sessions-head = Сеансы этой беседы. Нажми на один, чтобы продолжить его; /sessions со словами даёт имя нынешнему.
sessions-present = сейчас
sessions-questions = { $count ->
    [one] { $count } сообщение
    [few] { $count } сообщения
    [many] { $count } сообщений
   *[other] { $count } сообщения
}
sessions-unnamed = без имени
sessions-none = Мы здесь ещё не говорили.
sessions-named = Этот сеанс теперь называется «{ $name }».
sessions-resumed = Продолжаем «{ $name }». Файлы остаются как есть; прежний сеанс есть в /sessions.
sessions-gone = Этого сеанса больше нет.
