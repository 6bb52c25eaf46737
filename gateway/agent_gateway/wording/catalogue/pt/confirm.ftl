confirm-cancel = Cancelar
confirm-cancelled = Cancelado. Não mudei nada.
confirm-expired = Esta pergunta tem mais de dez minutos, então não mudei nada. Mande o comando de novo.
confirm-pressed = Já respondida.
confirm-not-yours = Só quem perguntou, ou um administrador, pode responder.
button-gone = Este botão não faz mais nada.
cleanup-nothing = Nada para limpar.
cleanup-busy = Nada mais para encerrar: saíram ou têm trabalho.
cleanup-question = { $count ->
    [one] Este agente não tem nada para fazer. Encerrar? A conversa e seus arquivos ficam.
   *[other] Estes { $count } agentes não têm nada para fazer. Encerrar? As conversas e seus arquivos ficam.
}
    .do = { $count ->
    [one] Encerrar
   *[other] Encerrar { $count } agentes
}
cleanup-done = Encerrados: { $names }
cleanup-left = { $count ->
    [one] Um saiu ou tem trabalho.
   *[other] { $count } saíram ou têm trabalho.
}
forget-nothing = Não há nada para esquecer: ainda não conversamos aqui.
forget-busy = Ainda estou trabalhando aqui. Mande /stop primeiro ou espere.
forget-question = Apagar esta conversa? São todas as mensagens, minha memória delas, os arquivos e o que os subagentes fizeram. Não dá para desfazer. /export dá uma cópia antes.
    .do = Apagar
forgetting = Estou apagando. De agora em diante não sei mais nada dela.
forget-done = Apagado: esta conversa, minha memória dela e seus arquivos ({ $messages ->
    [one] { $messages } mensagem
   *[other] { $messages } mensagens
}, { $files ->
    [one] { $files } arquivo
   *[other] { $files } arquivos
}). As mensagens que você vê aqui são do Telegram: apague-as lá.
done = Feito.
