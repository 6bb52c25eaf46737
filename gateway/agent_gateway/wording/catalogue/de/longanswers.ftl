long-whole = { $count ->
    [one] Die ganze Antwort (eine Zeile, { $characters } Zeichen) steht unten in { $file }.
   *[other] Die ganze Antwort ({ $count } Zeilen, { $characters } Zeichen) steht unten in { $file }.
}
long-code = { $count ->
    [one] Der Code (eine Zeile) steht unten in { $file }.
   *[other] Der Code ({ $count } Zeilen) steht unten in { $file }.
}
long-parts = Ihre Teile:
long-more = und { $count } weitere
