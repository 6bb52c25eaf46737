long-whole = { $count ->
    [one] Весь ответ ({ $count } строка, знаков: { $characters }) в файле { $file } ниже.
    [few] Весь ответ ({ $count } строки, знаков: { $characters }) в файле { $file } ниже.
   *[many] Весь ответ ({ $count } строк, знаков: { $characters }) в файле { $file } ниже.
}
long-code = { $count ->
    [one] Код ({ $count } строка) в файле { $file } ниже.
    [few] Код ({ $count } строки) в файле { $file } ниже.
   *[many] Код ({ $count } строк) в файле { $file } ниже.
}
long-parts = Его части:
long-more = и ещё { $count }
