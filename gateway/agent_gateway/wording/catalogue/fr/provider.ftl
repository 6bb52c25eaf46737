provider-limited = Le modèle est limité en ce moment. Réessaie dans une minute.
provider-limited-until = Le modèle est limité. Il revient dans { $left } ({ $time }).
provider-no-money = Le compte du modèle n'a plus d'argent. Préviens un administrateur.
provider-key = Le modèle a refusé notre clé. Préviens un administrateur.
    .admin = La clé est LLM_API_KEY dans le Secret du gateway.
provider-region = Le modèle n'est pas proposé dans le pays d'où j'appelle.
provider-blocked = Une page est arrivée au lieu du modèle : quelque chose me bloque en chemin. Préviens un administrateur.
provider-denied = Le fournisseur du modèle ne me laisse pas faire ça. Préviens un administrateur.
provider-context = Notre conversation est devenue plus longue que ce que le modèle peut lire. Commence-en une nouvelle : tes fichiers restent.
provider-answer-limit = Je suis réglé pour des réponses plus longues que ce modèle ne permet. Préviens un administrateur.
    .admin = Le réglage est model.maxTokens de l'AgentClass.
provider-picture = Le modèle n'a pas pu lire une image. Je la laisse de côté désormais ; redemande, ou envoie-la autrement.
provider-filtered = Le filtre de contenu du modèle a arrêté ceci. Essaie d'autres mots.
provider-model = Le fournisseur ne connaît pas ce modèle. Préviens un administrateur.
    .admin = LLM_PROVIDER et LLM_MODEL, ou le modèle de l'AgentClass, le nomment.
provider-away = Le modèle est absent ou surchargé. Réessaie dans un moment.
provider-settings = Je n'atteins pas le modèle : mes réglages demandent un administrateur.
provider-other = Le fournisseur du modèle a répondu par une erreur.
provider-said = Il dit : { $words }
provider-new = 🆕 Nouvelle conversation
provider-status = HTTP { $status }.
fallback-answered = 🔁 Réponse de { $model } : le modèle habituel n'était pas disponible.
answer-was-cut = ✂️ Coupé à la limite du modèle ; il y a plus à dire.
pictures-left-out = { $count ->
    [one] ⚠️ Le modèle n'a pas pu lire l'image, j'ai donc répondu sans elle.
   *[other] ⚠️ Le modèle n'a pas pu lire { $count } images, j'ai donc répondu sans elles.
}
