unknown-command = Commande inconnue : /{ $name }
unknown-command-near =
    Commande inconnue : /{ $name }
    Tu voulais dire /{ $near } ?
whoami-person = Ton id est { $id }.
whoami-chat = L'id de ce chat est { $id }.
whoami-topic = L'id de ce sujet est { $id }.
whoami-admin = Tu administres ce bot.
whoami-allowed = Tu peux utiliser ce bot.

nothing-runs = Rien n'est en cours.
stop-too-late = Cette réponse venait de se terminer, il n'y avait plus rien à arrêter.
stop-too-late-next = Cette réponse venait de se terminer et la suivante a commencé. Pour arrêter celle-là, renvoie /stop.
stopped-waiting = { $count ->
    [one] Arrêté. J'ai abandonné ton message en attente.
   *[other] Arrêté. J'ai abandonné { $count } messages en attente.
}
busy = Je travaille encore. Envoie d'abord /stop, ou attends.
nothing-to-retry = Il n'y a encore rien à redemander. Écris-moi quelque chose.
new-session = On repart à neuf. Tes fichiers sont toujours là.
steer-usage = Dis-moi quoi changer : /steer <mots>
steered = Compris, je le lis juste après.

kill-unknown = Je ne connais pas de conversation { $name }. /threads les montre.
kill-done = Terminé : { $name }
kill-done-dropped = { $count ->
    [one] Terminé : { $name }. J'ai abandonné un message en attente.
   *[other] Terminé : { $name }. J'ai abandonné { $count } messages en attente.
}
kill-nothing = Rien n'est en cours dans { $name }.

model-now = Modèle : { $name }
model-default = Modèle : par défaut
model-next = Dès la prochaine réponse : { $name }
model-next-default = Dès la prochaine réponse : le modèle par défaut
model-writing = En train d'écrire : { $name }
model-writing-other = En train d'écrire : le modèle d'avant
model-only = Il n'y a que ce modèle ici.
model-unknown = Je ne peux pas utiliser { $name } ici. Disponibles : { $models }
model-gone = Ce modèle n'est plus sur la liste. Renvoie /model.
choices-unknown = Je ne peux pas vérifier ce qu'on peut choisir ici. Réessaie dans un moment.

language-now = Je parle { $name } avec toi. Touche une autre langue, ou laisse-moi suivre ton Telegram :
    .follow = Suivre Telegram
language-chosen = Désormais je te parle en français.
language-unknown = Je ne parle pas encore cette langue. Touches-en une :
