time-short-silence = ⏳ Уже { $time } ничего не происходит. Через { $left } я сдамся.
    .more = +{ $time }
time-short-wall = ⏳ Я работаю над этим уже { $time }. Через { $left } моё время выйдет.
time-given = ⏳ Понял: ещё до { $time }.
time-eased = ▸ Снова работаю.
time-ended = ▸ Это закончено.
time-not-given = Дольше я этим заниматься не могу.
time-was-silent = ⏱ Ничего не происходило { $time }.
time-was-long = ⏱ Я работал над этим { $time }, дольше один ответ длиться не может.
time-steps = { $count ->
    [one] До этого сделан { $count } шаг; файлы сохранены.
    [few] До этого сделано { $count } шага; файлы сохранены.
   *[many] До этого сделано { $count } шагов; файлы сохранены.
}
time-last-step = Последний: { $step }
