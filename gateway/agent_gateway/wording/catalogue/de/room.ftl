# Wo für mehr kein Platz ist: was ich behalte, hat ein Ende.

room-answer = Ich habe aufgehört: Diese Antwort hätte mehr von meinem Gedächtnis gebraucht, als eine darf ({ $size }). Was bis hierher gesagt wurde, bleibt. Lass mich in kleineren Schritten weitermachen.
room-session = Ich habe aufgehört: Mein Gedächtnis für diese Unterhaltung ist voll ({ $size }). Fang mit /new neu an; die Dateien bleiben.
room-sessions = Ich habe aufgehört: Mein Gedächtnis für diese Unterhaltung ist samt allem vor /new voll ({ $size }). /forget schafft Platz.
room-copies = Meine Unteragenten haben hier zu viele Dateien dabei ({ $size }), darum konnte ich keinen weiteren starten. Es geht wieder, sobald einige fertig sind.
room-files = Ich habe mehr Dateien für dich, als ich auf einmal halten kann ({ $size }). Frag nach dem Rest, wenn diese hier sind.
room-files-refused = Mir geht der Platz aus, darum kann ich gerade keine Dateien annehmen. Alles andere geht weiter, und ein Administrator weiß Bescheid.
room-no-new = Mir geht der Platz aus, darum kann ich gerade keine neue Unterhaltung beginnen. Die laufenden gehen weiter, und ein Administrator weiß Bescheid.
room-full = Ich habe keinen Platz mehr, darum kann ich gerade keine neuen Aufgaben annehmen. Was ich gerade tue, geht weiter, und ein Administrator weiß Bescheid.
room-near-tell = Die Datenbank ist fast voll: { $used } von { $quota }. Ich lehne neue Unterhaltungen und Dateien ab; Antworten und /stop gehen weiter. Schaff Platz mit /forget oder erhöhe database.quota.
room-full-tell = Die Datenbank ist voll: { $used } von { $quota }. Ich lehne neue Aufgaben ab; laufende Antworten und /stop gehen weiter. Schaff Platz mit /forget oder erhöhe database.quota.
room-again-tell = In der Datenbank ist wieder Platz: { $used } von { $quota }. Ich nehme alles an wie zuvor.
room-aside = Ich konnte die früheren Dateien dieser Unterhaltung zweimal nicht auspacken und mache ohne die neuesten weiter. Sie bleiben zwei Wochen beiseite; ein Administrator kann sie herausholen.
room-prompt = Diese Nachricht ist mit allem, was dazugehört, zu lang für den Agenten. Bitte schick sie in kleineren Teilen.
room-new-clean = Neuanfang ohne die früheren Dateien. Sie bleiben zwei Wochen beiseite.
