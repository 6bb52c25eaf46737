unreadable = Não consigo abrir esse tipo de mensagem. Mande texto, uma imagem ou um arquivo.
nothing-asked = O que posso fazer? Escreva depois do meu nome ou responda a mim.
anonymous = Só respondo a pessoas que consigo identificar. Escreva com seu próprio nome (não como grupo nem canal) e pergunte de novo.
too-large = { $name } tem { $size }, e o Telegram só deixa bots baixarem 20 MB. Mande um link ou divida o arquivo. Ainda não comecei.
takes-no-file = /{ $name } não aceita arquivos, então não fiz nada. Mande sem arquivo.
file-not-fetched = Não consegui passar { $name } ao agente. Mande de novo ou de outra forma.
