files-let-go = L'espace de travail est vide : ses fichiers avaient atteint l'âge maximal permis ici et ont été supprimés.
forget-schedules = { $count ->
    [one] Sa tâche planifiée disparaît aussi.
   *[other] Ses { $count } tâches planifiées disparaissent aussi.
}
