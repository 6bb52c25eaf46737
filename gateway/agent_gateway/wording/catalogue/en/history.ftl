# /export: the history of a conversation as a file.

export-nothing = There's no history yet. Write me something.
export-made = Conversation { $name }, exported { $at }.
export-person = Person
export-person-id = Person { $id }
export-agent = Agent
export-subagent = Sub-agent { $name }
export-task = Task: { $task }
export-caption = { $count ->
    [one] The history of this conversation: 1 entry.
   *[other] The history of this conversation: { $count } entries.
}
export-caption-parts = { $count ->
    [one] The history of this conversation: 1 entry, in { $parts } files.
   *[other] The history of this conversation: { $count } entries, in { $parts } files.
}
