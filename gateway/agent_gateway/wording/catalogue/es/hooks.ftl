# Eventos que llegaron por un hook y comprobaciones de lo enviado.

hooks-came = ⚡ Evento de { $name }
hooks-looking = Lo estoy mirando ({ NUMBER($round) } de { NUMBER($rounds) }).
hooks-rounds = Lo he intentado { NUMBER($rounds) } veces seguidas. Escríbeme y sigo.
