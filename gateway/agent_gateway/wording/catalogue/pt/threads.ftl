state-working = Trabalhando há { $time }
state-waking = Acordando
state-waiting = Esperando minha vez
state-ready = Pronto
state-asleep = Dormindo até você escrever
state-closed = O tópico está fechado
state-topic-gone = O tópico não existe mais
state-chat-gone = O chat não existe mais
status-model = modelo { $name }
status-next-model = modelo { $name }, { $next } a partir da próxima resposta
status-queued = { $count ->
    [one] { $count } mensagem esperando
   *[other] { $count } mensagens esperando
}
status-helpers = { $count ->
    [one] { $count } subagente trabalhando
   *[other] { $count } subagentes trabalhando
}
status-unbegun = Ainda não começamos. Escreva o que precisa.
threads-none = Ainda não há conversas aqui. Escreva algo e uma começa.
threads-head = Conversas, as últimas primeiro. Toque em uma para abrir, parar ou encerrar.
threads-untitled = sem título
threads-button-open = Abrir ↗
threads-button-stop = ⏹ Parar
threads-button-end = Encerrar
threads-button-back = ◀ Todas
threads-nothing-runs = Nada em andamento lá.
threads-stopping = Parando…
kill-question = Isto encerra já o agente de “{ $title }”. O que espera é descartado; a conversa e seus arquivos ficam.
    .do = Encerrar
kill-idle = Não há nada para encerrar aqui.
start-failed-more = { $count ->
    [one] Mais uma mensagem espera por isso; “De novo” a pede também.
   *[other] Mais { $count } mensagens esperam por isso; “De novo” as pede também.
}
venue-topic-gone = O tópico “{ $title }” não existe mais, então parei o que fazia lá. O que foi dito fica no histórico.
venue-topic-gone-untitled = O tópico não existe mais, então parei o que fazia lá. O que foi dito fica no histórico.
venue-chat-gone = Não posso mais escrever em “{ $title }”, então parei o que fazia lá. O que foi dito fica no histórico.
venue-chat-gone-untitled = Não posso mais escrever no chat, então parei o que fazia lá. O que foi dito fica no histórico.
venue-dropped = { $count ->
    [one] Descartei { $count } mensagem que esperava.
   *[other] Descartei { $count } mensagens que esperavam.
}
threads-private = chat privado
status-slots = Agentes trabalhando: { $active } de { $most }
status-context = Contexto usado: { $tokens } tokens
status-pod = Pod: { $name }
venue-closed = Enquanto este tópico estiver fechado, sua mensagem espera. Respondo assim que ele reabrir.
status-cold-preparing = Os próximos agentes estavam sendo preparados, por isso este teve de iniciar primeiro.
status-cold-hours = A esta hora não há agentes prontos, por isso este teve de iniciar primeiro.
status-cold-unfit = Nenhum agente pronto serve para esta conversa, por isso este teve de iniciar primeiro.
status-cold-none = Nenhum agente estava pronto, por isso este teve de iniciar primeiro.
