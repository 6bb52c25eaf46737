audit-head = Wer was getan hat, das Neueste zuerst:
audit-none = Noch hat niemand etwas getan.
audit-earlier = Früher
audit-itself = der Bot selbst
audit-private = Schick mir /audit privat: Eine Gruppe würde mitlesen.
audit-usage = Schreib /audit, oder /audit und die Id einer Person.
menu-audit = wer was getan hat
    .argument = <Id>
