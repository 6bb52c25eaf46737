push-ask = Fazer push para `{ $repository }`?
    .yes = ✓ Push
    .no = ✕ Não
push-new = Branch nova `{ $branch }`:
push-moved = Branch `{ $branch }`:
push-deleted = Apagar a branch `{ $branch }`.
push-rewrites = ⚠ Isto reescreve o que havia na branch.
push-files = { $count ->
    [one] { $count } arquivo, +{ $added } −{ $removed }
   *[other] { $count } arquivos, +{ $added } −{ $removed }
}
push-files-many = Mais de { $count } arquivos, +{ $added } −{ $removed } ou mais
push-unread = Não consegui ver o que isto muda.
push-workflows = ⚠ Isto muda o que roda sozinho lá, muitas vezes com chaves próprias:
push-workflows-unknown = ⚠ Não consegui saber se isto muda o que roda sozinho lá.
push-more = …e mais
push-how = Para dizer não com um motivo, responda a esta mensagem.
