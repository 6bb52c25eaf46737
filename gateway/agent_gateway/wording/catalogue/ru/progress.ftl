steps = { $count ->
    [one] ▸ { NUMBER($count) } шаг
    [few] ▸ { NUMBER($count) } шага
   *[many] ▸ { NUMBER($count) } шагов
}
steps-failed = { $count ->
    [one] ▸ { NUMBER($count) } шаг
    [few] ▸ { NUMBER($count) } шага
   *[many] ▸ { NUMBER($count) } шагов
}, с ошибкой: { NUMBER($failed) }
way = ▸ По ходу дела
sent-again = (отправлено ещё раз)
still-writing = … ещё пишу; всё целиком придёт, когда будет готово.
answer-too-long = (Ответ продолжался; больше я не храню.)
doing-thinking = думаю…
doing-retrying = модель не отвечает, пробую ещё раз ({ $attempt } из { $most })…
doing-compacting = кратко записываю, о чём мы говорили…
