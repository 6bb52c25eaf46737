export-nothing = Es gibt noch keinen Verlauf. Schreib mir etwas.
export-made = Unterhaltung { $name }, exportiert { $at }.
export-person = Person
export-person-id = Person { $id }
export-agent = Agent
export-subagent = Unteragent { $name }
export-task = Aufgabe: { $task }
export-caption = { $count ->
    [one] Der Verlauf dieser Unterhaltung: 1 Eintrag.
   *[other] Der Verlauf dieser Unterhaltung: { $count } Einträge.
}
export-caption-parts = { $count ->
    [one] Der Verlauf dieser Unterhaltung: 1 Eintrag, in { $parts } Dateien.
   *[other] Der Verlauf dieser Unterhaltung: { $count } Einträge, in { $parts } Dateien.
}
