steps = { $count ->
    [one] ▸ 1 paso
   *[other] ▸ { NUMBER($count) } pasos
}
steps-failed = { $count ->
    [one] ▸ 1 paso
   *[other] ▸ { NUMBER($count) } pasos
}, { NUMBER($failed) } con error
way = ▸ Por el camino
sent-again = (enviado otra vez)
still-writing = … sigo escribiendo; lo tendrás entero cuando esté listo.
answer-too-long = (La respuesta seguía; no guardo más de ella.)
doing-thinking = pensando…
doing-retrying = el modelo no responde, lo intento de nuevo ({ $attempt } de { $most })…
doing-compacting = resumiendo lo que hemos hablado…
