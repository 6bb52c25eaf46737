files-let-go = O espaço de trabalho está vazio: os arquivos chegaram à idade máxima permitida aqui e foram apagados.
forget-schedules = { $count ->
    [one] O agendamento dela também some.
   *[other] Os { $count } agendamentos dela também somem.
}
