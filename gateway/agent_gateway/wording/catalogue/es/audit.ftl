audit-head = Quién hizo qué, lo más reciente primero:
audit-none = Nadie ha hecho nada todavía.
audit-earlier = Anteriores
audit-itself = el propio bot
audit-private = Envíame /audit en privado: un grupo lo leería.
audit-usage = Escribe /audit, o /audit y el id de una persona.
menu-audit = quién hizo qué
    .argument = <id>
