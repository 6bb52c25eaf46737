tool-server-away = Não consigo acessar { $name } agora, então trabalho sem as ferramentas de lá.
project-file-cut = { $name } é longo demais para eu ter tudo em mente; li só o começo.
project-file-unread = Não li { $name }: não é um arquivo comum da minha pasta.
source-not-fetched = Não consegui buscar { $name }, então trabalho sem as instruções de lá.
