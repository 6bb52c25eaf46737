long-whole = { $count ->
    [one] A resposta completa ({ $count } linha, { $characters } caracteres) está em { $file } abaixo.
   *[other] A resposta completa ({ $count } linhas, { $characters } caracteres) está em { $file } abaixo.
}
long-code = { $count ->
    [one] O código ({ $count } linha) está em { $file } abaixo.
   *[other] O código ({ $count } linhas) está em { $file } abaixo.
}
long-parts = Suas partes:
long-more = e mais { $count }
