schedules-paused = ⏸ „{ $title }“ ist { $count }-mal hintereinander gescheitert, darum habe ich es angehalten.
schedules-go-on = ▶ Weiter
schedules-going-on = Läuft wieder, ab dem nächsten Mal.
schedules-usage =
    Sag mir, wann und was:
    /schedule jeden Werktag 9:00 prüfe die Abhängigkeiten
    /schedule alle 30 Minuten sieh nach, ob der Build grün ist
    /schedule morgen 18:00 erinnere mich an das Release
    /schedule 0 9 * * 1 plane die Woche
schedules-unclear =
    Ich verstehe nicht, wann. Schreib es so:
    /schedule jeden Werktag 9:00 prüfe die Abhängigkeiten
    /schedule morgen 18:00 erinnere mich an das Release
    /schedule 0 9 * * 1 plane die Woche
schedules-past = Diese Zeit ist vorbei.
schedules-too-often = Das ist zu oft: höchstens alle { $minutes } min.
schedules-full-conversation = Diese Unterhaltung hat { $count } Zeitpläne, mehr gehen nicht. Sieh unter /schedules nach.
schedules-full-chat = Dieser Chat hat { $count } Zeitpläne, mehr gehen nicht.
schedules-full-all = Es gibt { $count } Zeitpläne, mehr gehen nicht.
schedules-when = { $when } ({ $zone })
schedules-next-times = Die nächsten Male:
schedules-do = ✓ Einplanen
schedules-made = ✓ Eingeplant. Das nächste Mal: { $next }
schedules-list = Zeitpläne dieser Unterhaltung
schedules-none = Hier ist nichts eingeplant. Versuch es mit: /schedule jeden Werktag 9:00 prüfe die Abhängigkeiten
schedules-next = nächstes Mal: { $next }
schedules-soon = wird eingerichtet
schedules-over = erledigt
schedules-suspended = angehalten
schedules-failed = angehalten: { $count }-mal hintereinander gescheitert
schedules-problem = läuft nicht: { $reason }
schedules-cannot-not-allowed = mich darf in diesem Chat niemand mehr benutzen
schedules-cannot-limit = es sind zu viele, oder er kommt zu oft
schedules-cannot-times = ich verstehe seine Zeiten nicht
schedules-cannot-no-topic = sein Thema gibt es nicht mehr
schedules-cannot-other = etwas stimmt nicht damit; was, sieht ein Administrator
schedules-legend = ⏸ anhalten · ▶ weiter · ⚡ jetzt · 🗑 löschen
schedules-gone = Diesen Zeitplan kenne ich nicht mehr.
schedules-delete-question = „{ $title }“ löschen?
schedules-delete-do = 🗑 Löschen
schedules-deleted = Gelöscht: { $title }
schedules-now = Ich bin dran.
schedules-runs = Das läuft gerade schon.
schedules-not-yours = Das kann nur, wer ihn angelegt hat, oder ein Administrator.
schedules-wait = Er wird noch eingerichtet. Versuch es gleich noch einmal.
heartbeat-usage =
    Ich sehe HEARTBEAT.md und die Checkliste deines Teams durch und schreibe nur, wenn es etwas zu sagen gibt.
    /heartbeat on: alle 30 min, 8-22
    /heartbeat 60 9-18: jede Stunde, 9-18
    /heartbeat off
heartbeat-is = Es ist an ({ $cron }).
heartbeat-none = Es ist aus.
heartbeat-on = ✓ An: alle { $minutes } min von { $begin } bis { $end } ({ $zone }). Ich schreibe nur, wenn es etwas zu sagen gibt.
heartbeat-off = ✓ Aus.
