# Eventos que chegaram por um hook e verificações do que foi enviado.

hooks-came = ⚡ Evento de { $name }
hooks-looking = Estou vendo o que é ({ NUMBER($round) } de { NUMBER($rounds) }).
hooks-rounds = Tentei { NUMBER($rounds) } vezes seguidas. Escreva para mim e eu continuo.
