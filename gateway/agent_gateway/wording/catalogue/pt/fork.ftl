# /fork.

fork-no-topics = Este chat não tem tópicos, então não posso abrir outra conversa nele. Em um grupo com tópicos, ou se nosso chat privado os tiver, posso. /undo volta atrás aqui.
fork-nothing = Ainda não há nada aqui que eu possa copiar.
fork-running = Ainda estou trabalhando nessa mensagem. Espere a resposta ou responda a uma anterior.
fork-unknown = Não posso mais começar dessa mensagem. Responda a uma das últimas vinte ou mande /fork.
fork-refused = Não consegui abrir um tópico: falta-me a permissão, ou este chat não tem tópicos.
fork-late = Alguém escreveu no tópico novo antes de eu copiar qualquer coisa: ele começa sem este histórico.
fork-gone = O histórico foi apagado nesse meio-tempo, então não copiei nada.
fork-done = Abri “{ $title }” com este histórico e os arquivos. As duas conversas seguem por conta própria.
fork-older = Os arquivos da última resposta ainda não estavam guardados: lá estão como antes dela.
fork-open = Abrir
fork-hello = Esta conversa começa com o histórico e os arquivos de “{ $title }”. O que acontece aqui não muda nada lá. O que devo fazer?
