export-nothing = Il n'y a pas encore d'historique. Écris-moi quelque chose.
export-made = Conversation { $name }, exportée le { $at }.
export-person = Personne
export-person-id = Personne { $id }
export-agent = Agent
export-subagent = Sous-agent { $name }
export-task = Tâche : { $task }
export-caption = { $count ->
    [one] L'historique de cette conversation : { $count } entrée.
   *[other] L'historique de cette conversation : { $count } entrées.
}
export-caption-parts = { $count ->
    [one] L'historique de cette conversation : { $count } entrée, en { $parts } fichiers.
   *[other] L'historique de cette conversation : { $count } entrées, en { $parts } fichiers.
}
