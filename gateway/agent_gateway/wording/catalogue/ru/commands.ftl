unknown-command = Неизвестная команда: /{ $name }
unknown-command-near =
    Неизвестная команда: /{ $name }
    Может быть, /{ $near }?
whoami-person = Твой id: { $id }.
whoami-chat = Id этого чата: { $id }.
whoami-topic = Id этой темы: { $id }.
whoami-admin = Ты администратор этого бота.
whoami-allowed = Ты можешь пользоваться этим ботом.

nothing-runs = Ничего не выполняется.
stop-too-late = Этот ответ как раз закончился, останавливать было нечего.
stop-too-late-next = Этот ответ как раз закончился, и начался следующий. Чтобы остановить его, пришли /stop ещё раз.
stopped-waiting = { $count ->
    [one] Остановлено. Убрал { $count } сообщение из очереди.
    [few] Остановлено. Убрал { $count } сообщения из очереди.
   *[many] Остановлено. Убрал { $count } сообщений из очереди.
}
busy = Я ещё работаю. Сначала пришли /stop или подожди.
nothing-to-retry = Повторять пока нечего. Напиши мне что-нибудь.
new-session = Начинаем заново. Твои файлы на месте.
steer-usage = Скажи, что изменить: /steer <слова>
steered = Понял, прочту это следующим.

kill-unknown = Беседы { $name } я не знаю. Список: /threads
kill-done = Завершено: { $name }
kill-done-dropped = { $count ->
    [one] Завершено: { $name }. Убрал { $count } сообщение из очереди.
    [few] Завершено: { $name }. Убрал { $count } сообщения из очереди.
   *[many] Завершено: { $name }. Убрал { $count } сообщений из очереди.
}
kill-nothing = В { $name } ничего не выполняется.

model-now = Модель: { $name }
model-default = Модель: по умолчанию
model-next = Со следующего ответа: { $name }
model-next-default = Со следующего ответа: модель по умолчанию
model-writing = Сейчас пишет: { $name }
model-writing-other = Сейчас пишет: прежняя модель
model-only = Здесь доступна только эта модель.
model-unknown = { $name } здесь использовать нельзя. Есть: { $models }
model-gone = Этой модели больше нет в списке. Пришли /model ещё раз.
choices-unknown = Сейчас не могу проверить, что здесь можно выбрать. Попробуй чуть позже.

language-now = Я говорю с тобой на языке: { $name }. Выбери другой или пусть я следую за твоим Telegram:
    .follow = Как в Telegram
language-chosen = Теперь я говорю с тобой по-русски.
language-unknown = На этом языке я пока не говорю. Выбери один:
