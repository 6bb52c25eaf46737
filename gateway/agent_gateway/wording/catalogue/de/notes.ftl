notes-usage =
    Sag mir, was ich mir merken soll: /remember wir nutzen uv
    Mit for:chat gilt es hier in allen Themen, mit for:me in unserem privaten Chat. /memory zeigt alles.
notes-noted-here = 📝 Das merke ich mir in dieser Unterhaltung: { $note }
notes-noted-chat = 📝 Das merke ich mir in diesem ganzen Chat: { $note }
notes-noted-talk = 📝 Das merke ich mir in diesem ganzen Chat. Es kommt aus meinem Gespräch mit { $name }: { $note }
notes-noted-event = 📝 Das merke ich mir in diesem ganzen Chat. Niemand hier hat es gesagt, es kommt von einem Ereignis oder Zeitplan: { $note }
notes-noted-person = 📝 Das merke ich mir über dich: { $note }
notes-full = Ich merke mir schon { $count } Dinge. Lösch erst einige mit /memory.
notes-long = Das ist zu lang. Eine Notiz hat bis zu { $count } Zeichen.
notes-private = Notizen über eine Person mache ich nur, wo wir allein sprechen.
notes-none = Ich habe hier keine Notizen. /remember macht eine.
notes-head = { $count ->
    [one] Hier merke ich mir eine Sache. Ein Tipp löscht sie.
   *[other] Hier merke ich mir { $count } Dinge. Ein Tipp löscht eines.
}
notes-gone = Diese Notiz gibt es nicht mehr.
notes-deleted = Vergessen.
notes-button-chat = Für alle Themen
notes-button-person = Für mich
notes-button-delete = 🗑 Löschen
notes-here = diese Unterhaltung
notes-chat = ganzer Chat
notes-person = über dich
notes-by-agent = von mir für { $name } notiert
notes-by-itself = von mir notiert, ohne dass hier jemand fragte
