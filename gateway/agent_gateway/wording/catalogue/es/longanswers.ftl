long-whole = { $count ->
    [one] La respuesta completa (una línea, { $characters } caracteres) está abajo en { $file }.
   *[other] La respuesta completa ({ $count } líneas, { $characters } caracteres) está abajo en { $file }.
}
long-code = { $count ->
    [one] El código (una línea) está abajo en { $file }.
   *[other] El código ({ $count } líneas) está abajo en { $file }.
}
long-parts = Sus partes:
long-more = y { $count } más
