tool-server-away = Ich erreiche { $name } gerade nicht und arbeite ohne die Werkzeuge von dort.
project-file-cut = { $name } ist zu lang, um alles im Kopf zu behalten. Ich habe nur den Anfang gelesen.
project-file-unread = Ich habe { $name } nicht gelesen: Das ist keine einfache Datei in meinem Ordner.
source-not-fetched = Ich konnte { $name } nicht holen und arbeite ohne die Anleitungen von dort.
