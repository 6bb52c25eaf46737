stopped = Arrêté.
empty-answer = L'agent a terminé sans rien écrire. Demande « qu'as-tu fait ? », ou réessaie.
agent-crashed = L'agent a planté.
agent-failed = L'agent a abandonné.
could-not-start = Je n'ai pas pu démarrer.
carries-on = Je continue avec un nouveau.

lost-memory = L'agent a manqué de mémoire.
lost-computer = L'ordinateur sur lequel l'agent travaillait a disparu.
lost-time = Le temps de l'agent était écoulé.
lost-stopped = L'agent a été arrêté.
lost-replaced = Un agent plus récent a pris le relais.
lost-left = L'agent était parti.
lost-crashed = L'agent plante sans cesse.
lost-connection = J'ai perdu la connexion avec l'agent.
lost-settings = Les réglages de l'agent demandent un administrateur.
lost-paused = Un administrateur a mis cette conversation en pause.
lost-room = Il n'y a pas de place pour l'agent en ce moment.
lost-disk = Le disque de l'agent n'était pas prêt à temps.
lost-disk-full = L'agent a rempli son disque : « { $volume } » peut contenir { $limit }. Un administrateur peut lui donner plus de place.
lost-disk-full-plain = L'agent a rempli son disque. Un administrateur peut lui donner plus de place.
lost-preempted = Quelque chose de plus urgent avait besoin de la place de l'agent.
lost-queue = L'agent doit attendre dans la file du cluster.
lost-cluster = Le cluster a du mal à démarrer l'agent.
lost-fetching = Récupérer le logiciel de l'agent a pris trop de temps.
lost-siblings = Il attendait la fin d'un autre sous-agent.
lost-done = L'agent avait fait sa tâche.
lost-cancelled = Il a été annulé.
lost-no-answer = L'agent a terminé sans réponse.
lost-error = L'agent a échoué.
lost-moved = Le groupe a un nouvel id dans Telegram, l'agent a donc dû repartir de zéro.
lost-restored = Je suis revenu à un état antérieur, l'agent a donc dû repartir de zéro.

again-stop = ⏹ Arrêter
again-retry = 🔁 Réessayer
again-continue = ▶ Continuer
again-asked = Je réessaie…
again-continued = Je continue…
again-already = Déjà redemandé.
again-whole = Rien à continuer : cette réponse est complète.
stop-pressed = J'arrête…
turn-over = Déjà terminé.

files-none = ⚠️ L'espace de travail est vide : les fichiers précédents n'ont pas pu être gardés. Je me souviens encore de notre conversation.
files-older = ⚠️ L'espace de travail contient d'anciens fichiers : les plus récents n'ont pas pu être gardés. Je me souviens encore de notre conversation.
files-partly = ⚠️ Certains de tes fichiers manquent : ensemble, ils sont devenus trop gros pour être gardés (limite { $limit }), j'ai donc gardé les plus petits.
files-too-large = ⚠️ Tes fichiers sont devenus trop gros pour être gardés (limite { $limit }), l'espace de travail est donc vide. Je me souviens encore de notre conversation.
file-refused = { $name } n'a pas pu être envoyé. Telegram dit : { $why }

set-aside = Désolé, quelque chose dans ce message m'a bloqué (n° { $number }). Envoie-le sous une autre forme, s'il te plaît.
job-failed = Désolé, /{ $command } n'a pas marché. Renvoie-le, ou préviens un administrateur.

restored-cut = Je suis revenu à un état antérieur, où ce message n'avait pas encore de réponse. S'il y en a une plus haut, je ne m'en souviens pas ; sinon, réessaie.
restored-repeated = (Tu l'as peut-être déjà lu : je suis revenu à un état antérieur.)
restored-note = ⚠️ Je suis revenu à un état antérieur : je ne sais pas ce qui s'est dit et fait ici depuis, et les fichiers sont ceux de ce moment-là.

error-id = erreur { $id }
telegram-says-no = non.
