# /undo e /redo.

undo-nothing = Não há nada aqui que eu possa desfazer.
undo-reach = Aqui posso voltar { NUMBER($count) } mensagens no máximo.
undo-unknown = Não posso voltar para antes dessa mensagem. Responda a uma das últimas ou mande /undo.
undo-usage = /undo desfaz a última mensagem, /undo 3 as três últimas. Como resposta a uma mensagem: até antes dela.
undo-question = { $count ->
    [one] Desfazer sua última mensagem e o que fiz por ela?
   *[other] Desfazer as últimas { $count } mensagens e o que fiz por elas?
}
    .do = Desfazer
    .others = Outras…
undo-more = … e mais { NUMBER($count) }
undo-files = Os arquivos voltam a ser como eram antes.
undo-files-now = Os arquivos estão como eram antes.
undo-files-empty = Antes não havia arquivos: a pasta ficará vazia.
undo-files-same = Os arquivos ficam: nada os mudou.
undo-files-gone = Não guardo mais os arquivos de antes disso, então não posso voltar tanto.
undo-running = Ainda estou trabalhando nisso: paro primeiro.
undo-waiting = { $count ->
    [one] A mensagem que espera é descartada.
   *[other] As { $count } mensagens que esperam são descartadas.
}
undo-stays = O que saiu daqui fica: pushes, pull requests, o que você vê no chat e o que custou.
undo-changed = Algo mudou aqui nesse meio-tempo, então não desfiz nada. Mande /undo de novo.
undo-done = { $count ->
    [one] Desfeito: a última mensagem e o que fiz por ela. Não sei mais nada disso.
   *[other] Desfeito: as últimas { $count } mensagens e o que fiz por elas. Não sei mais nada delas.
}
undo-pushed = { $count ->
    [one] 1 push saiu nesse meio-tempo e fica.
   *[other] { $count } pushes saíram nesse meio-tempo e ficam.
}
undo-back = Restaurar
undo-list = Voltar para antes de qual mensagem? Ela sai, e tudo depois dela.
undo-earlier = Anteriores
undo-later = Posteriores
redo-nothing = Não há nada para restaurar.
redo-late = Isso não pode mais ser restaurado: algo foi perguntado depois, ou já faz mais de um dia.
redo-first = Depois disso outra coisa foi desfeita. Restaure essa primeiro: /redo
redo-gone = Isso não pode ser restaurado: não guardo mais os arquivos.
redo-done = { $count ->
    [one] Restaurado: a mensagem, o que fiz por ela e os arquivos.
   *[other] Restaurado: { $count } mensagens, o que fiz por elas e os arquivos.
}
again-undone = Isso foi desfeito. /redo restaura.
export-undone = desfeito
