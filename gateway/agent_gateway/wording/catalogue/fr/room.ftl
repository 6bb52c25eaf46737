# Là où il n'y a plus de place : ce que je garde a une fin.

room-answer = J'ai arrêté : cette réponse allait prendre plus de ma mémoire qu'une seule ne le peut ({ $size }). Ce qui a été dit reste. Demande-moi de continuer par plus petites étapes.
room-session = J'ai arrêté : ma mémoire de cette conversation est pleine ({ $size }). Recommence avec /new ; les fichiers restent.
room-sessions = J'ai arrêté : ma mémoire de cette conversation, avec tout ce qui précède /new, est pleine ({ $size }). /forget fait de la place.
room-copies = Mes sous-agents ont ici trop de fichiers avec eux ({ $size }), je n'ai donc pas pu en lancer un autre. Cela marchera de nouveau quand certains auront fini.
room-files = J'ai plus de fichiers pour toi que je ne peux en garder à la fois ({ $size }). Demande le reste quand ceux-ci seront arrivés.
room-files-refused = Je n'ai presque plus de place, je ne peux donc pas prendre de fichiers pour le moment. Tout le reste continue, et un administrateur est au courant.
room-no-new = Je n'ai presque plus de place, je ne peux donc pas commencer de nouvelle conversation pour le moment. Celles en cours continuent, et un administrateur est au courant.
room-full = Je n'ai plus de place, je ne peux donc pas prendre de nouvelles tâches pour le moment. Ce que je fais continue, et un administrateur est au courant.
room-near-tell = La base de données est presque pleine : { $used } sur { $quota }. Je refuse les nouvelles conversations et les fichiers ; les réponses et /stop continuent. Fais de la place avec /forget ou augmente database.quota.
room-full-tell = La base de données est pleine : { $used } sur { $quota }. Je refuse les nouvelles tâches ; les réponses en cours et /stop continuent. Fais de la place avec /forget ou augmente database.quota.
room-again-tell = Il y a de nouveau de la place dans la base de données : { $used } sur { $quota }. J'accepte tout comme avant.
room-aside = Je n'ai pas pu, deux fois, déballer les fichiers précédents de cette conversation ; je continue sans les plus récents. Ils restent de côté deux semaines ; un administrateur peut les récupérer.
room-prompt = Ce message, avec tout ce qui l'accompagne, est trop long pour l'agent. Envoie-le en plus petites parties, s'il te plaît.
room-new-clean = On repart de zéro, sans les fichiers précédents. Ils restent de côté deux semaines.
