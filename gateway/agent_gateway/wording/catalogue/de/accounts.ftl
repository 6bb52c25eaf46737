# Konten, die jemand verknüpft: /link und /unlink.

link-list = Mit einem verknüpften Konto gehören Pull Requests, um die du mich bittest, dir. Für anderes nutze ich es nicht: Code läuft über den Schlüssel des Teams.
link-list-linked = ✅ { $host }: verknüpft als { $login }
link-list-unable = { $host }: Gitea kann Konten nicht über einen Code verknüpfen.
link-list-on = { $host } verknüpfen
link-list-off = { $host } trennen
link-private = Ein Konto zu verknüpfen geht nur uns beide an: Machen wir es in unserem eigenen Chat.
link-private-open = Unseren Chat öffnen
link-none = Konten lassen sich hier nicht verknüpfen.
link-none-admin = Konten lassen sich hier nicht verknüpfen: Keine Verbindung in den Einstellungen hat eine clientId.
link-code = { $minutes ->
    [one] Öffne { $address } und gib innerhalb einer Minute { $code } ein.
   *[other] Öffne { $address } und gib innerhalb von { $minutes } Minuten { $code } ein.
} Tu das nur, wenn du mich selbst darum gebeten hast.
link-code-open = { $host } öffnen
link-code-copy = Code kopieren
link-done = Verknüpft: Auf { $host } bist du { $login }. /unlink nimmt es zurück.
link-expired = Niemand hat den Code für { $host } rechtzeitig eingegeben.
link-denied = Auf { $host } wurde es abgelehnt, also ist nichts verknüpft.
link-refused = { $host } lässt mich dein Konto gerade nicht verknüpfen. Wenn das so bleibt, sag es denen, die mich betreiben.
link-lost = { $host } nimmt die Verknüpfung mit { $login } nicht mehr an, also habe ich sie vergessen. /link macht eine neue.
link-again = Noch einmal
links-full = { $count ->
    [one] Du hast das in der letzten Stunde schon einmal begonnen, mehr geht nicht. Versuch es später wieder.
   *[other] Du hast das in der letzten Stunde { $count }-mal begonnen. Versuch es später wieder.
}
unlinked = Getrennt: Ich habe vergessen, womit ich auf { $host } als { $login } handeln konnte. Du kannst mir das Recht auch dort in den Einstellungen nehmen.
unlink-nothing = Da ist nichts verknüpft.
forget-accounts = Deine verknüpften Konten verschwinden auch.
