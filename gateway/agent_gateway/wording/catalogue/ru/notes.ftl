notes-usage =
    Скажи, что запомнить: /remember мы используем uv
    С for:chat это действует во всех темах, с for:me — в нашем личном чате. /memory покажет всё.
notes-noted-here = 📝 Запомню в этой беседе: { $note }
notes-noted-chat = 📝 Запомню во всём этом чате: { $note }
notes-noted-talk = 📝 Запомню во всём этом чате. Это из моего разговора, собеседник: { $name }. { $note }
notes-noted-event = 📝 Запомню во всём этом чате. Этого здесь никто не говорил, это из события или задания по расписанию: { $note }
notes-noted-person = 📝 Запомню о тебе: { $note }
notes-full = Я помню уже { $count }. Сначала удали что-нибудь: /memory.
notes-long = Слишком длинно. В заметке до { $count } знаков.
notes-private = Заметки о человеке я делаю, только когда мы говорим наедине.
notes-none = Заметок здесь нет. Сделать: /remember.
notes-head = { $count ->
    [one] Здесь я помню { $count } вещь. Нажатие удаляет её.
    [few] Здесь я помню { $count } вещи. Нажатие удаляет одну.
    [many] Здесь я помню { $count } вещей. Нажатие удаляет одну.
   *[other] Здесь я помню { $count } вещи. Нажатие удаляет одну.
}
notes-gone = Этой заметки больше нет.
notes-deleted = Забыто.
notes-button-chat = Для всех тем
notes-button-person = Для меня
notes-button-delete = 🗑 Удалить
notes-here = эта беседа
notes-chat = весь чат
notes-person = о тебе
notes-by-agent = записано мной для { $name }
notes-by-itself = записано мной, здесь никто не просил
