# Was weggelassen oder nicht begonnen wird, weil eine Grenze erreicht ist.

notices-left-out = Ich hatte hier mehr zu melden, als hineinpasst. Die ältesten Hinweise habe ich weggelassen.
unsent-dropped = { $count ->
    [one] Eine Nachricht, die noch nicht gesendet war, habe ich weggelassen.
   *[other] { $count } Nachrichten, die noch nicht gesendet waren, habe ich weggelassen.
}
agent-notice = Meine Arbeitsumgebung meldet:
queue-full = { $count ->
    [one] Hier wartet schon eine Nachricht, deshalb nehme ich diese nicht an. Schreib sie noch einmal, wenn ich geantwortet habe.
   *[other] Hier warten schon { $count } Nachrichten, deshalb nehme ich diese nicht an. Schreib sie noch einmal, wenn ich einige beantwortet habe.
}
spawn-full = { $count ->
    [one] Hier arbeitet schon ein Unteragent. Starte den nächsten, wenn er fertig ist.
   *[other] Hier arbeiten schon { $count } Unteragenten. Starte den nächsten, wenn einer davon fertig ist.
}
conversations-full = { $count ->
    [one] In diesem Chat hat binnen eines Tages ein neues Gespräch begonnen, mehr kann ich nicht annehmen. Schreib in diesem oder versuch es morgen wieder.
   *[other] In diesem Chat haben binnen eines Tages { $count } neue Gespräche begonnen, mehr kann ich nicht annehmen. Schreib in einem davon oder versuch es morgen wieder.
}
tasks-full = { $count ->
    [one] Du hast binnen einer Stunde eine neue Aufgabe begonnen. Beginne die nächste etwas später.
   *[other] Du hast binnen einer Stunde { $count } neue Aufgaben begonnen. Beginne die nächste etwas später.
}
exports-full = Ich schreibe gerade andere Verläufe auf. Frag in ein paar Minuten noch einmal.
export-waits = Der Verlauf dieses Gesprächs wird schon aufgeschrieben.
export-cut = Er ist zu lang, um ihn ganz zu schicken: Was später kam, steht nicht darin.
group-admins-only = In einer Gruppe können das nur ihre Administratoren oder meine.
group-leaves = Lässt sie binnen eines Tages niemand zu, gehe ich wieder.
exports-often = { $count ->
    [one] Von diesem Gespräch wurde binnen einer Stunde schon ein Verlauf aufgeschrieben. Frag etwas später noch einmal.
   *[other] Von diesem Gespräch wurden binnen einer Stunde schon { $count } Verläufe aufgeschrieben. Frag etwas später noch einmal.
}
