# Was Agenten Leute fragen, und was daraus wurde.

decision-yes = Ja
decision-no = Nein
decision-approve = Darf ich dafür *{ $tool }* benutzen?
    .once = ✓ Einmal
    .always = ✓ In dieser Unterhaltung
    .deny = ✕ Nein
decision-approve-rule = „In dieser Unterhaltung“ erlaubt alles wie `{ $rule }`. Für ein Nein mit Grund antworte auf diese Nachricht.
decision-write = Antworte auf diese Nachricht.
decision-subagent = Unteragent *{ $name }* fragt:
decision-answer = ✓ { $answer } — { $person }
decision-denied = ✕ { $answer } — { $person }
decision-expired = ⏳ Niemand hat rechtzeitig geantwortet.
decision-withdrawn = Diese Frage ist nicht mehr offen.
decision-noted = Notiert.
decision-late = { $person } war schneller: { $answer }
decision-only-asker = Das kann nur entscheiden, wessen Frage es ist.
decision-only-administrators = Das kann nur ein Administrator entscheiden.
decision-answered = [Antwort auf die Frage des Agenten: { $answer }]

approvals-none = Ich frage dich jedes Mal. Für diese Unterhaltung ist nichts im Ganzen erlaubt.
approvals-list = In dieser Unterhaltung ohne Frage erlaubt:
approvals-line = • { $rule } — { $person }
approvals-revoke = Wieder jedes Mal fragen
approvals-revoked = Ab jetzt frage ich wieder.

plan-usage = Sag, was ich planen soll: /plan <Aufgabe>
plan-question =
    .go = ▶ Los
    .change = ✎ Ändern
    .drop = ✖ Verwerfen
plan-go = Ich mache mich daran.
plan-change = Was soll anders sein? Schreib es hier, und ich plane noch einmal.
plan-dropped = Verworfen.
