push-ask = Pousser vers `{ $repository }` ?
    .yes = ✓ Pousser
    .no = ✕ Non
push-new = Nouvelle branche `{ $branch }` :
push-moved = Branche `{ $branch }` :
push-deleted = Supprimer la branche `{ $branch }`.
push-rewrites = ⚠ Cela réécrit ce que contenait la branche.
push-files = { $count ->
    [one] { $count } fichier, +{ $added } −{ $removed }
   *[other] { $count } fichiers, +{ $added } −{ $removed }
}
push-files-many = Plus de { $count } fichiers, +{ $added } −{ $removed } ou plus
push-unread = Je n’ai pas pu voir ce que cela change.
push-workflows = ⚠ Cela change ce qui s’exécute tout seul là-bas, souvent avec ses propres clés :
push-workflows-unknown = ⚠ Je n’ai pas pu savoir si cela change ce qui s’exécute tout seul là-bas.
push-more = …et plus
push-how = Pour refuser avec une raison, réponds à ce message.
