# Ereignisse, die über einen Hook kamen, und Prüfungen von Übertragenem.

hooks-came = ⚡ Ereignis von { $name }
hooks-looking = Ich sehe es mir an ({ NUMBER($round) } von { NUMBER($rounds) }).
hooks-rounds = Ich habe es { NUMBER($rounds) }-mal hintereinander versucht. Schreib mir, und ich mache weiter.
