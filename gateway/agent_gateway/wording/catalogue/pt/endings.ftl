stopped = Parado.
empty-answer = O agente terminou sem escrever nada. Pergunte “o que você fez?” ou tente de novo.
agent-crashed = O agente caiu.
agent-failed = O agente desistiu.
could-not-start = Não consegui começar.
carries-on = Continuo com um novo.

lost-memory = O agente ficou sem memória.
lost-computer = O computador em que o agente trabalhava sumiu.
lost-time = O tempo do agente acabou.
lost-stopped = O agente foi parado.
lost-replaced = Um agente mais novo assumiu.
lost-left = O agente já tinha saído.
lost-crashed = O agente cai o tempo todo.
lost-connection = Perdi a conexão com o agente.
lost-settings = As configurações do agente precisam de um administrador.
lost-paused = Um administrador pausou esta conversa.
lost-room = Não há lugar para o agente agora.
lost-disk = O disco do agente não ficou pronto a tempo.
lost-disk-full = O agente encheu o disco: em “{ $volume }” cabem { $limit }. Um administrador pode dar mais espaço a ele.
lost-disk-full-plain = O agente encheu o disco. Um administrador pode dar mais espaço a ele.
lost-preempted = Algo mais urgente precisava do lugar do agente.
lost-queue = O agente tem de esperar na fila do cluster.
lost-cluster = O cluster está com dificuldade para iniciar o agente.
lost-fetching = Buscar o software do agente demorou demais.
lost-siblings = Ele esperava outro subagente terminar.
lost-done = O agente tinha feito sua tarefa.
lost-cancelled = Foi cancelado.
lost-no-answer = O agente terminou sem resposta.
lost-error = O agente falhou.
lost-moved = O grupo ganhou um novo id no Telegram, então o agente teve que começar de novo.
lost-restored = Voltei a um estado anterior, então o agente teve que começar de novo.

again-stop = ⏹ Parar
again-retry = 🔁 De novo
again-continue = ▶ Continuar
again-asked = Tentando de novo…
again-continued = Continuando…
again-already = Já foi pedido de novo.
again-whole = Nada a continuar: essa resposta está completa.
stop-pressed = Parando…
turn-over = Já terminou.

files-none = ⚠️ O espaço de trabalho está vazio: os arquivos anteriores não puderam ser guardados. Ainda lembro da nossa conversa.
files-older = ⚠️ O espaço de trabalho tem arquivos antigos: os mais novos não puderam ser guardados. Ainda lembro da nossa conversa.
files-partly = ⚠️ Faltam alguns dos seus arquivos: juntos ficaram grandes demais para guardar (limite { $limit }), então guardei os menores.
files-too-large = ⚠️ Seus arquivos ficaram grandes demais para guardar (limite { $limit }), então o espaço de trabalho está vazio. Ainda lembro da nossa conversa.
file-refused = Não foi possível enviar { $name }. O Telegram diz: { $why }

set-aside = Desculpe, algo nesta mensagem me travou (nº { $number }). Mande de outra forma, por favor.
job-failed = Desculpe, /{ $command } não deu certo. Mande de novo ou avise um administrador.

restored-cut = Voltei a um estado anterior em que esta mensagem ainda não tinha resposta. Se há uma acima, não me lembro dela; se não, tente de novo.
restored-repeated = (Talvez você já tenha lido isto: voltei a um estado anterior.)
restored-note = ⚠️ Voltei a um estado anterior: não sei o que foi dito e feito aqui desde então, e os arquivos são os daquele momento.

error-id = erro { $id }
telegram-says-no = não.
