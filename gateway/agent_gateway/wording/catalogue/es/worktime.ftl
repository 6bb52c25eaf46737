time-short-silence = ⏳ No ha pasado nada desde hace { $time }. En { $left } lo dejo.
    .more = +{ $time }
time-short-wall = ⏳ Llevo { $time } con esto. En { $left } se me acaba el tiempo.
time-given = ⏳ Entendido: hasta { $time } más.
time-eased = ▸ Sigo trabajando.
time-ended = ▸ Esto ya terminó.
time-not-given = No puedo tardar más con esto.
time-was-silent = ⏱ No había pasado nada desde hacía { $time }.
time-was-long = ⏱ Llevaba { $time } con esto, y una respuesta no puede tardar más.
time-steps = { $count ->
    [one] Antes se hizo un paso; sus archivos se conservan.
   *[other] Antes se hicieron { $count } pasos; sus archivos se conservan.
}
time-last-step = El último: { $step }
