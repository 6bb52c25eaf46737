# Onde não há espaço para mais: o que eu guardo tem um fim.

room-answer = Parei: esta resposta ia ocupar mais memória do que uma pode ({ $size }). O que foi dito até aqui fica. Peça que eu continue em passos menores.
room-session = Parei: minha memória desta conversa está cheia ({ $size }). Recomece com /new; os arquivos ficam.
room-sessions = Parei: minha memória desta conversa, com tudo o que veio antes de /new, está cheia ({ $size }). /forget libera espaço.
room-copies = Meus subagentes estão com arquivos demais aqui ({ $size }), então não consegui iniciar outro. Volta a funcionar quando alguns terminarem.
room-files = Tenho mais arquivos para você do que consigo guardar de uma vez ({ $size }). Peça o resto quando estes chegarem.
room-files-refused = Estou ficando sem espaço, então não posso receber arquivos agora. Todo o resto continua, e um administrador já sabe.
room-no-new = Estou ficando sem espaço, então não posso começar uma conversa nova agora. As que estão em andamento continuam, e um administrador já sabe.
room-full = Fiquei sem espaço, então não posso aceitar tarefas novas agora. O que estou fazendo continua, e um administrador já sabe.
room-near-tell = O banco de dados está quase cheio: { $used } de { $quota }. Recuso conversas novas e arquivos; respostas e /stop continuam. Libere espaço com /forget ou aumente database.quota.
room-full-tell = O banco de dados está cheio: { $used } de { $quota }. Recuso tarefas novas; respostas em andamento e /stop continuam. Libere espaço com /forget ou aumente database.quota.
room-again-tell = Há espaço no banco de dados de novo: { $used } de { $quota }. Aceito tudo como antes.
room-aside = Não consegui descompactar duas vezes os arquivos anteriores desta conversa, então continuo sem os mais novos. Eles ficam separados por duas semanas; um administrador pode recuperá-los.
room-prompt = Esta mensagem, com tudo o que vai junto, é longa demais para o agente. Envie em partes menores, por favor.
room-new-clean = Recomeço, sem os arquivos anteriores. Eles ficam separados por duas semanas.
