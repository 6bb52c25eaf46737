export-nothing = Ainda não há histórico. Escreva algo.
export-made = Conversa { $name }, exportada em { $at }.
export-person = Pessoa
export-person-id = Pessoa { $id }
export-agent = Agente
export-subagent = Subagente { $name }
export-task = Tarefa: { $task }
export-caption = { $count ->
    [one] O histórico desta conversa: { $count } item.
   *[other] O histórico desta conversa: { $count } itens.
}
export-caption-parts = { $count ->
    [one] O histórico desta conversa: { $count } item, em { $parts } arquivos.
   *[other] O histórico desta conversa: { $count } itens, em { $parts } arquivos.
}
