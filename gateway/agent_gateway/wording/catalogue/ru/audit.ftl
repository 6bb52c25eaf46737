audit-head = Кто что делал, сначала новое:
audit-none = Никто ещё ничего не делал.
audit-earlier = Раньше
audit-itself = сам бот
audit-private = Отправьте /audit лично: в группе это прочтут все.
audit-usage = Напишите /audit или /audit и id человека.
menu-audit = кто что делал
    .argument = <id>
