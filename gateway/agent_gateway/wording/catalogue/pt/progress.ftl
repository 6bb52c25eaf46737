steps = { $count ->
    [one] ▸ { NUMBER($count) } passo
   *[other] ▸ { NUMBER($count) } passos
}
steps-failed = { $count ->
    [one] ▸ { NUMBER($count) } passo
   *[other] ▸ { NUMBER($count) } passos
}, { NUMBER($failed) } com erro
way = ▸ Pelo caminho
sent-again = (enviado de novo)
still-writing = … ainda escrevendo; você recebe tudo quando estiver pronto.
answer-too-long = (A resposta continuava; não guardo mais dela.)
doing-thinking = pensando…
doing-retrying = o modelo não responde, tentando de novo ({ $attempt } de { $most })…
doing-compacting = resumindo o que já conversamos…
