forget-me-private = Me mande isso no nosso chat privado.
forget-me-busy = Ainda estou trabalhando para você. Mande /stop primeiro ou espere.
forget-me-question = Apagar o que guardo de você? Isto é:

    • nossas conversas privadas ({ $private }), com minha memória delas e os arquivos
    • o que você escreveu em grupos; o que respondi lá fica, pois é do grupo
    • suas notas; as de um grupo ficam lá sem o seu nome
    • o que você agendou ({ $schedules })
    • suas contas vinculadas ({ $accounts })
    • seu nome, idioma e fuso horário

    O que fica: quanto você usou, sem palavras, para que os limites valham; que você pode me usar; e o registro de quem fez o quê, com o seu id. Não dá para desfazer. /export all te dá uma cópia antes.
    .do = Apagar
forgetting-me = Estou apagando. Cada conversa avisa quando sumiu.
forget-me-done = { $count ->
    [0] Pronto.
    [one] Pronto. Do que você escreveu em grupos, 1 mensagem foi apagada. Um agente acordado lá pode lembrar até dormir.
   *[other] Pronto. Do que você escreveu em grupos, { $count } mensagens foram apagadas. Um agente acordado lá pode lembrar até dormir.
} As mensagens que você vê são do Telegram: apague-as lá.
forget-me-more = Peguei as primeiras { $count } das nossas conversas. Mande /forget me de novo para as outras.
export-all-head = O que guardo de você
export-all-made = Exportado em { $at }, para a pessoa { $id }.
export-all-name = Nome: { $name }
export-all-language = Idioma: { $chosen }
export-all-zone = Fuso horário: { $zone }
export-all-account = Conta vinculada: { $login } ({ $connection })
export-all-notes = Suas notas
export-all-schedules = O que você agendou
export-all-private = Conversa privada { $name }
export-all-groups = O que você escreveu em grupos
export-all-acts = O que você fez
export-all-rest = Além disso: somas do que você usou (/usage). O que respondi em grupos é do grupo: /export lá.
export-all-caption = { $count ->
    [one] O que guardo de você: 1 entrada.
   *[other] O que guardo de você: { $count } entradas.
}
