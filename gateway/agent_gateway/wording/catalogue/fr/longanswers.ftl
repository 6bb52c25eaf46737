long-whole = { $count ->
    [one] La réponse entière ({ $count } ligne, { $characters } caractères) est dans { $file } ci-dessous.
   *[other] La réponse entière ({ $count } lignes, { $characters } caractères) est dans { $file } ci-dessous.
}
long-code = { $count ->
    [one] Le code ({ $count } ligne) est dans { $file } ci-dessous.
   *[other] Le code ({ $count } lignes) est dans { $file } ci-dessous.
}
long-parts = Ses parties :
long-more = et { $count } de plus
