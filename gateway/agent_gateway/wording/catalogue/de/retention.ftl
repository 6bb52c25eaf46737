files-let-go = Der Arbeitsordner ist leer: Seine Dateien waren so alt, wie sie hier werden dürfen, und wurden gelöscht.
forget-schedules = { $count ->
    [one] Ihr Zeitplan verschwindet auch.
   *[other] Ihre { $count } Zeitpläne verschwinden auch.
}
