sessions-head = Sessions de cette conversation. Touche-en une pour la reprendre ; /sessions suivi de mots nomme la présente.
sessions-present = maintenant
sessions-questions = { $count ->
    [one] 1 message
   *[other] { $count } messages
}
sessions-unnamed = sans nom
sessions-none = Nous n'avons pas encore parlé ici.
sessions-named = Cette session s'appelle maintenant « { $name } ».
sessions-resumed = Nous reprenons « { $name } ». Les fichiers restent tels quels ; la session d'avant est dans /sessions.
sessions-gone = Cette session n'existe plus.
