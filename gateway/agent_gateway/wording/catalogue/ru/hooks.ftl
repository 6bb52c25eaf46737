# События, пришедшие через хук, и проверки отправленного.

hooks-came = ⚡ Событие от { $name }
hooks-looking = Разбираюсь ({ NUMBER($round) } из { NUMBER($rounds) }).
hooks-rounds = Попыток подряд: { NUMBER($rounds) }. Напишите мне, и я продолжу.
