# What stands in the chat of an answer that comes as a file.

long-whole = { $count ->
    [one] The whole answer (one line, { $characters } characters) is in { $file } below.
   *[other] The whole answer ({ $count } lines, { $characters } characters) is in { $file } below.
}
long-code = { $count ->
    [one] The code (one line) is in { $file } below.
   *[other] The code ({ $count } lines) is in { $file } below.
}
long-parts = Its parts:
long-more = and { $count } more
