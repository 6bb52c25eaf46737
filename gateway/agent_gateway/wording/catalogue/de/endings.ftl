stopped = Angehalten.
empty-answer = Der Agent ist fertig geworden, ohne etwas zu schreiben. Frag „Was hast du getan?“ oder versuch es noch einmal.
agent-crashed = Der Agent ist abgestürzt.
agent-failed = Der Agent hat aufgegeben.
could-not-start = Ich konnte nicht starten.
carries-on = Ich mache mit einem neuen weiter.

lost-memory = Dem Agenten ist der Speicher ausgegangen.
lost-computer = Der Rechner, auf dem der Agent gearbeitet hat, ist weg.
lost-time = Die Zeit des Agenten war um.
lost-stopped = Der Agent wurde angehalten.
lost-replaced = Ein neuerer Agent hat übernommen.
lost-left = Der Agent war schon weg.
lost-crashed = Der Agent stürzt immer wieder ab.
lost-connection = Ich habe die Verbindung zum Agenten verloren.
lost-settings = Um die Einstellungen des Agenten muss sich ein Administrator kümmern.
lost-paused = Ein Administrator hat diese Unterhaltung angehalten.
lost-room = Für den Agenten ist gerade kein Platz.
lost-disk = Die Festplatte des Agenten war nicht rechtzeitig bereit.
lost-disk-full = Der Agent hat seine Festplatte gefüllt: „{ $volume }“ fasst { $limit }. Ein Administrator kann ihm mehr Platz geben.
lost-disk-full-plain = Der Agent hat seine Festplatte gefüllt. Ein Administrator kann ihm mehr Platz geben.
lost-preempted = Etwas Dringenderes brauchte den Platz des Agenten.
lost-queue = Der Agent muss in der Schlange des Clusters warten.
lost-cluster = Der Cluster hat Mühe, den Agenten zu starten.
lost-fetching = Die Software des Agenten zu holen hat zu lange gedauert.
lost-siblings = Er hat auf einen anderen Unteragenten gewartet.
lost-done = Der Agent hatte seine Aufgabe erledigt.
lost-cancelled = Er wurde abgebrochen.
lost-no-answer = Der Agent hat ohne Antwort aufgehört.
lost-error = Der Agent ist gescheitert.
lost-moved = Die Gruppe hat in Telegram eine neue Id bekommen, darum musste der Agent neu anfangen.
lost-restored = Ich wurde auf einen früheren Stand zurückgesetzt, darum musste der Agent neu anfangen.

again-stop = ⏹ Stopp
again-retry = 🔁 Noch einmal
again-continue = ▶ Weiter
again-asked = Ich versuche es noch einmal …
again-continued = Ich mache weiter …
again-already = Das wird schon noch einmal versucht.
again-whole = Nichts fortzusetzen: Diese Antwort ist vollständig.
stop-pressed = Ich halte an …
turn-over = Schon fertig.

files-none = ⚠️ Der Arbeitsordner ist leer: Frühere Dateien konnten nicht aufgehoben werden. An unsere Unterhaltung erinnere ich mich noch.
files-older = ⚠️ Im Arbeitsordner liegen ältere Dateien: Die neuesten konnten nicht aufgehoben werden. An unsere Unterhaltung erinnere ich mich noch.
files-partly = ⚠️ Einige deiner Dateien fehlen: Zusammen sind sie zu groß geworden, um sie aufzuheben (Grenze { $limit }), darum habe ich die kleineren aufgehoben.
files-too-large = ⚠️ Deine Dateien sind zu groß geworden, um sie aufzuheben (Grenze { $limit }), darum ist der Arbeitsordner leer. An unsere Unterhaltung erinnere ich mich noch.
file-refused = { $name } konnte nicht gesendet werden. Telegram sagt: { $why }

set-aside = Entschuldige, an dieser Nachricht bin ich gescheitert (Nr. { $number }). Schick sie bitte in anderer Form.
job-failed = Entschuldige, /{ $command } hat nicht geklappt. Schick es bitte noch einmal oder sag einem Administrator Bescheid.

restored-cut = Ich wurde auf einen früheren Stand zurückgesetzt, in dem diese Nachricht noch nicht beantwortet war. Steht oben eine Antwort, erinnere ich mich nicht an sie; wenn nicht, versuch es noch einmal.
restored-repeated = (Vielleicht hast du das schon gelesen: Ich wurde auf einen früheren Stand zurückgesetzt.)
restored-note = ⚠️ Ich wurde auf einen früheren Stand zurückgesetzt: Was hier seitdem gesagt und getan wurde, weiß ich nicht, und die Dateien sind die von damals.

error-id = Fehler { $id }
telegram-says-no = nein.
