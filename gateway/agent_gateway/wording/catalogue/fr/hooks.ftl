# Événements venus par un hook et vérifications de ce qui a été poussé.

hooks-came = ⚡ Événement de { $name }
hooks-looking = Je regarde ce que c’est ({ NUMBER($round) } sur { NUMBER($rounds) }).
hooks-rounds = J’ai essayé { NUMBER($rounds) } fois de suite. Écris-moi et je continue.
