# /undo et /redo.

undo-nothing = Il n'y a rien ici que je puisse annuler.
undo-reach = Ici, je peux revenir de { NUMBER($count) } messages au plus.
undo-unknown = Je ne peux pas revenir avant ce message. Réponds à l'un des derniers, ou envoie /undo.
undo-usage = /undo annule le dernier message, /undo 3 les trois derniers. En réponse à un message : jusqu'avant celui-ci.
undo-question = { $count ->
    [one] Annuler ton dernier message, et ce que j'ai fait pour lui ?
   *[other] Annuler les { $count } derniers messages, et ce que j'ai fait pour eux ?
}
    .do = Annuler cela
    .others = Autres…
undo-more = … et { NUMBER($count) } de plus
undo-files = Les fichiers redeviennent ce qu'ils étaient avant.
undo-files-now = Les fichiers sont comme ils étaient avant.
undo-files-empty = Avant, il n'y avait pas de fichiers : le dossier sera vide.
undo-files-same = Les fichiers restent : rien ne les a changés.
undo-files-gone = Je ne garde plus les fichiers d'avant cela, je ne peux donc pas revenir si loin.
undo-running = J'y travaille encore : je m'arrête d'abord.
undo-waiting = { $count ->
    [one] Le message qui attend est abandonné.
   *[other] Les { $count } messages qui attendent sont abandonnés.
}
undo-stays = Ce qui est parti d'ici reste : pushes, pull requests, ce que tu vois dans le chat, et ce que cela a coûté.
undo-changed = Quelque chose a changé ici entre-temps, je n'ai donc rien annulé. Renvoie /undo.
undo-done = { $count ->
    [one] Annulé : le dernier message et ce que j'ai fait pour lui. Je n'en sais plus rien.
   *[other] Annulé : les { $count } derniers messages et ce que j'ai fait pour eux. Je n'en sais plus rien.
}
undo-pushed = { $count ->
    [one] 1 push est parti entre-temps et reste.
   *[other] { $count } pushes sont partis entre-temps et restent.
}
undo-back = Rétablir
undo-list = Revenir avant quel message ? Il disparaît, et tout ce qui suit.
undo-earlier = Plus anciens
undo-later = Plus récents
redo-nothing = Il n'y a rien à rétablir.
redo-late = Cela ne peut plus être rétabli : quelque chose a été demandé depuis, ou cela date de plus d'un jour.
redo-first = Autre chose a été annulé depuis. Rétablis d'abord cela : /redo
redo-gone = Cela ne peut pas être rétabli : je ne garde plus ses fichiers.
redo-done = { $count ->
    [one] Rétabli : le message, ce que j'ai fait pour lui et les fichiers.
   *[other] Rétabli : { $count } messages, ce que j'ai fait pour eux et les fichiers.
}
again-undone = Cela a été annulé. /redo le rétablit.
export-undone = annulé
