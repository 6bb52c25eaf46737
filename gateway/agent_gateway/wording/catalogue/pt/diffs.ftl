diff-nothing = Nenhum arquivo mudou.
diff-count = { $count ->
    [one] { $count } arquivo
   *[other] { $count } arquivos
}
diff-more = { $count ->
    [one] …e mais { $count } arquivo
   *[other] …e mais { $count } arquivos
}
diff-patch = { $count ->
    [one] O patch inteiro: { $count } arquivo.
   *[other] O patch inteiro: { $count } arquivos.
}
diff-often = { $count ->
    [one] Já olhei os arquivos { $count } vez nesta hora, e não posso mais. Pergunte de novo mais tarde.
   *[other] Já olhei os arquivos { $count } vezes nesta hora, e não posso mais. Pergunte de novo mais tarde.
}
diff-title-turn = O que minha última resposta mudou
diff-title-branch = O que mudou desde `{ $base }`
diff-title-kept = O que mudou desde os arquivos mais antigos que guardo
diff-new = Não guardo arquivos anteriores: todos são novos.
diff-none = Ainda não guardo arquivos desta conversa.
diff-unchanged-turn = Minha última resposta não mudou nenhum arquivo. Esta é a mudança mais recente antes dela.
diff-late = Os arquivos da minha última resposta ainda não estão guardados. Esta é a mudança mais recente antes dela.
diff-at-work = O que estou mudando agora ainda não está aqui.
diff-no-agent = Minha pasta de trabalho está fechada agora, então comparo os arquivos que guardo.
diff-no-branch = Não encontrei nenhum branch para comparar, então comparo os arquivos que guardo.
diff-waits = Já estou olhando os arquivos.
diff-full = Estou olhando os arquivos de muitos outros agora. Pergunte de novo daqui a pouco.
diff-unread = Não consegui ler os arquivos que guardo. Tente de novo daqui a pouco.
diff-cut = Alguns arquivos eram grandes demais para ele.
diff-button-turn = Última resposta
diff-button-all = Tudo desde o branch
diff-note-binary = binário
diff-note-picture = imagem
diff-note-large = grande
diff-note-secret = pode conter chaves, não mostrado
diff-note-rights = só as permissões
diff-note-unread = não mostrado
diff-title-begin = O que mudou desde o começo do repositório
