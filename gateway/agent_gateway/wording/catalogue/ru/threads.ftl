state-working = Работаю уже { $time }
state-waking = Просыпаюсь
state-waiting = Жду очереди
state-ready = Готов
state-asleep = Сплю, пока ты не напишешь
state-closed = Тема закрыта
state-topic-gone = Темы больше нет
state-chat-gone = Чата больше нет
status-model = модель { $name }
status-next-model = модель { $name }, со следующего ответа { $next }
status-queued = { $count ->
    [one] ждёт { $count } сообщение
    [few] ждут { $count } сообщения
   *[many] ждут { $count } сообщений
}
status-helpers = { $count ->
    [one] работает { $count } субагент
    [few] работают { $count } субагента
   *[many] работают { $count } субагентов
}
status-unbegun = Мы ещё не начали. Напиши, что сделать.
threads-none = Бесед здесь пока нет. Напиши мне, и одна начнётся.
threads-head = Беседы, последние сверху. Выбери, чтобы открыть, остановить или завершить.
threads-untitled = без названия
threads-button-open = Открыть ↗
threads-button-stop = ⏹ Стоп
threads-button-end = Завершить
threads-button-back = ◀ Все
threads-nothing-runs = Там ничего не выполняется.
threads-stopping = Останавливаю…
kill-question = Это сразу завершит агента беседы «{ $title }». Что ждёт, будет убрано; беседа и файлы останутся.
    .do = Завершить
kill-idle = Здесь нечего завершать.
start-failed-more = { $count ->
    [one] Этого ждёт ещё { $count } сообщение; «Ещё раз» повторит и его.
    [few] Этого ждут ещё { $count } сообщения; «Ещё раз» повторит и их.
   *[many] Этого ждут ещё { $count } сообщений; «Ещё раз» повторит и их.
}
venue-topic-gone = Темы «{ $title }» больше нет, поэтому работу там я остановил. Всё сказанное остаётся в истории.
venue-topic-gone-untitled = Темы больше нет, поэтому работу там я остановил. Всё сказанное остаётся в истории.
venue-chat-gone = Я больше не могу писать в «{ $title }», поэтому работу там я остановил. Всё сказанное остаётся в истории.
venue-chat-gone-untitled = Я больше не могу писать в этот чат, поэтому работу там я остановил. Всё сказанное остаётся в истории.
venue-dropped = { $count ->
    [one] Убрал { $count } сообщение из очереди.
    [few] Убрал { $count } сообщения из очереди.
   *[many] Убрал { $count } сообщений из очереди.
}
threads-private = Личный чат
status-slots = Агентов за работой: { $active } из { $most }
status-context = Занято контекста, токенов: { $tokens }
status-pod = Pod: { $name }
venue-closed = Пока эта тема закрыта, твоё сообщение ждёт. Отвечу, как только её откроют снова.
status-cold-preparing = Следующие агенты как раз готовились, поэтому этому пришлось сначала запуститься.
status-cold-hours = В это время готовых агентов нет, поэтому этому пришлось сначала запуститься.
status-cold-unfit = Готовые агенты не подходят для этой беседы, поэтому этому пришлось сначала запуститься.
status-cold-none = Готовых агентов не было, поэтому этому пришлось сначала запуститься.
