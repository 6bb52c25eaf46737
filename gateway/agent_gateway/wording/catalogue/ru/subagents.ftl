spawn-usage = Назови задачу: /spawn <задача>
spawn-too-long = В задаче может быть до 8192 знаков. Что длиннее, напиши мне сообщением.
cancel-usage = Которого? /cancel <имя>
subagents-none = Субагентов здесь нет. Я запускаю их, когда они помогают, или ты: /spawn <задача>.
subagents-paused = Администратор приостановил эту беседу, поэтому субагента я не запускаю.
subagents-turn-over = Работа, которой он был нужен, закончена.
subagents-limits-unknown = Сейчас не могу проверить, что здесь разрешено, поэтому субагента не запускаю. Попробуй чуть позже.
subagents-not-allowed = Субагенты здесь выключены.
subagents-too-deep = Так глубоко субагент не может запустить своего ({ NUMBER($depth) }; предел { NUMBER($most) }).
subagents-too-many = { $most ->
    [one] Для этого сообщения запущен { $most } субагент, это предел. У следующего сообщения их может быть столько же.
    [few] Для этого сообщения запущено { $most } субагента, это предел. У следующего сообщения их может быть столько же.
   *[many] Для этого сообщения запущено { $most } субагентов, это предел. У следующего сообщения их может быть столько же.
}
subagent-waiting = ждёт
subagent-starting = запускается
subagent-working = работает
subagent-done = готово
subagent-failed = не получилось
subagent-timed-out = время вышло
subagent-cancelled = отменён
subagent-cancelling = отменяется
subagent-waits-turn = ждёт, пока закончит другой
subagent-waits-room = ждёт места
subagent-waits-software = ждёт свои программы
subagent-waits-disk = ждёт свой диск
subagent-waits-settings = ждёт администратора
subagent-waits-queue = ждёт в очереди кластера
subagent-waits-cluster = ждёт кластер
subagent-cancel = ✕ Отменить { $name }
subagent-started = 🧩 { $name } запущен: { $task }
subagent-is = 🧩 { $name } ({ $state }): { $task }
subagent-ending = Отменён: { $name }
subagent-gone = { $name } уже закончил.
subagent-unknown = Субагента { $name } я не знаю. Список: /subagents
report-head = Субагент { $name }
report-took = { $time }, токенов: { $tokens }
report-no-answer = (без ответа)
report-task = Его задача ({ $took }): { $task }
report-timed-out = Субагент { $name } не успел за { $time }.
report-cancelled = Субагент { $name } отменён.
report-failed = У субагента { $name } не получилось: { $why }
