schedules-paused = ⏸ «{ $title }»: { $count } неудачи подряд, поэтому я поставил на паузу.
schedules-go-on = ▶ Продолжить
schedules-going-on = Снова работает со следующего раза.
schedules-usage =
    Скажите, когда и что:
    /schedule каждый будний день в 9:00 проверь зависимости
    /schedule каждые 30 минут посмотри, зелёная ли сборка
    /schedule завтра в 18:00 напомни о релизе
    /schedule 0 9 * * 1 составь план на неделю
schedules-unclear =
    Не понимаю, когда. Напишите так:
    /schedule каждый будний день в 9:00 проверь зависимости
    /schedule завтра в 18:00 напомни о релизе
    /schedule 0 9 * * 1 составь план на неделю
schedules-past = Это время прошло.
schedules-too-often = Слишком часто: не чаще раза в { $minutes } мин.
schedules-full-conversation = В этой беседе уже { $count } заданий по расписанию, больше нельзя. Смотрите /schedules.
schedules-full-chat = В этом чате уже { $count } заданий по расписанию, больше нельзя.
schedules-full-all = Всего уже { $count } заданий по расписанию, больше нельзя.
schedules-when = { $when } ({ $zone })
schedules-next-times = Ближайшие разы:
schedules-do = ✓ Запланировать
schedules-made = ✓ Запланировано. Следующий раз: { $next }
schedules-list = Расписание этой беседы
schedules-none = Здесь ничего не запланировано. Попробуйте: /schedule каждый будний день в 9:00 проверь зависимости
schedules-next = следующий раз: { $next }
schedules-soon = готовится
schedules-over = выполнено
schedules-suspended = на паузе
schedules-failed = на паузе: неудач подряд { $count }
schedules-problem = не работает: { $reason }
schedules-cannot-not-allowed = мной больше нельзя пользоваться в этом чате
schedules-cannot-limit = заданий слишком много, или оно повторяется слишком часто
schedules-cannot-times = я не понимаю его времени
schedules-cannot-no-topic = его темы больше нет
schedules-cannot-other = с ним что-то не так; администратор увидит, что именно
schedules-legend = ⏸ пауза · ▶ продолжить · ⚡ сейчас · 🗑 удалить
schedules-gone = Я больше не знаю этого задания.
schedules-delete-question = Удалить «{ $title }»?
schedules-delete-do = 🗑 Удалить
schedules-deleted = Удалено: { $title }
schedules-now = Приступаю.
schedules-runs = Уже выполняется.
schedules-not-yours = Это может только автор или администратор.
schedules-wait = Ещё готовится. Попробуйте чуть позже.
heartbeat-usage =
    Я смотрю HEARTBEAT.md и список вашей команды и пишу, только когда есть что сказать.
    /heartbeat on: каждые 30 мин, 8-22
    /heartbeat 60 9-18: каждый час, 9-18
    /heartbeat off
heartbeat-is = Включено ({ $cron }).
heartbeat-none = Выключено.
heartbeat-on = ✓ Включено: каждые { $minutes } мин с { $begin } до { $end } ({ $zone }). Пишу, только когда есть что сказать.
heartbeat-off = ✓ Выключено.
