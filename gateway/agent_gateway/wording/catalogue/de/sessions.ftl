sessions-head = Sitzungen dieser Unterhaltung. Tippe eine an, um mit ihr weiterzumachen; /sessions mit Worten benennt die jetzige.
sessions-present = jetzt
sessions-questions = { $count ->
    [one] 1 Nachricht
   *[other] { $count } Nachrichten
}
sessions-unnamed = ohne Namen
sessions-none = Wir haben hier noch nicht gesprochen.
sessions-named = Diese Sitzung heißt jetzt „{ $name }“.
sessions-resumed = Wir machen mit „{ $name }“ weiter. Die Dateien bleiben, wie sie sind; die bisherige Sitzung steht in /sessions.
sessions-gone = Diese Sitzung gibt es nicht mehr.
