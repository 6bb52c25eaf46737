audit-head = Quem fez o quê, o mais recente primeiro:
audit-none = Ninguém fez nada ainda.
audit-earlier = Anteriores
audit-itself = o próprio bot
audit-private = Me mande /audit no privado: um grupo leria junto.
audit-usage = Escreva /audit, ou /audit e o id de uma pessoa.
menu-audit = quem fez o quê
    .argument = <id>
