time-short-silence = ⏳ Nada acontece há { $time }. Em { $left } eu desisto.
    .more = +{ $time }
time-short-wall = ⏳ Trabalho nisso há { $time }. Em { $left } meu tempo acaba.
time-given = ⏳ Entendi: até { $time } a mais.
time-eased = ▸ De volta ao trabalho.
time-ended = ▸ Isto acabou.
time-not-given = Não posso demorar mais nisso.
time-was-silent = ⏱ Nada acontecia há { $time }.
time-was-long = ⏱ Eu trabalhava nisso há { $time }, e uma resposta não pode demorar mais.
time-steps = { $count ->
    [one] Um passo foi feito antes; seus arquivos ficam guardados.
   *[other] { $count } passos foram feitos antes; seus arquivos ficam guardados.
}
time-last-step = O último: { $step }
