# O que fica de fora ou não começa porque um limite foi atingido.

notices-left-out = Eu tinha aqui mais avisos do que cabem, então deixei de fora os mais antigos.
unsent-dropped = { $count ->
    [one] Deixei de fora uma mensagem que ainda esperava o envio.
   *[other] Deixei de fora { $count } mensagens que ainda esperavam o envio.
}
agent-notice = Meu ambiente de trabalho informa:
queue-full = { $count ->
    [one] Já há uma mensagem esperando aqui, então não posso aceitar esta. Escreva de novo quando eu tiver respondido.
   *[other] Já há { $count } mensagens esperando aqui, então não posso aceitar esta. Escreva de novo quando eu tiver respondido algumas.
}
spawn-full = { $count ->
    [one] Já há um subagente trabalhando aqui. Inicie o próximo quando ele terminar.
   *[other] Já há { $count } subagentes trabalhando aqui. Inicie o próximo quando um deles terminar.
}
conversations-full = { $count ->
    [one] Uma conversa nova começou neste chat em um dia, e não posso aceitar mais. Escreva nela ou tente amanhã.
   *[other] { $count } conversas novas começaram neste chat em um dia, e não posso aceitar mais. Escreva em uma delas ou tente amanhã.
}
tasks-full = { $count ->
    [one] Você começou uma tarefa nova em uma hora. Comece a próxima um pouco mais tarde.
   *[other] Você começou { $count } tarefas novas em uma hora. Comece a próxima um pouco mais tarde.
}
exports-full = Estou escrevendo outros históricos agora. Peça de novo daqui a alguns minutos.
export-waits = O histórico desta conversa já está sendo escrito.
export-cut = É longo demais para enviar por inteiro: o que veio depois não está incluído.
group-admins-only = Em um grupo, só os administradores dele ou os meus podem fazer isso.
group-leaves = Se ninguém o liberar em um dia, eu saio.
exports-often = { $count ->
    [one] Um histórico desta conversa já foi escrito em uma hora. Peça de novo um pouco mais tarde.
   *[other] { $count } históricos desta conversa já foram escritos em uma hora. Peça de novo um pouco mais tarde.
}
