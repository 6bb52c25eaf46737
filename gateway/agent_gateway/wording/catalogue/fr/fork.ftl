# /fork.

fork-no-topics = Ce chat n'a pas de sujets, je ne peux donc pas y ouvrir une seconde conversation. Dans un groupe avec sujets, ou si notre chat privé en a, je le peux. /undo revient en arrière ici.
fork-nothing = Il n'y a encore rien ici que je puisse copier.
fork-running = Je travaille encore à ce message. Attends la réponse, ou réponds à un message plus ancien.
fork-unknown = Je ne peux plus partir de ce message. Réponds à l'un des vingt derniers, ou envoie /fork.
fork-refused = Je n'ai pas pu ouvrir de sujet : il me manque le droit, ou ce chat n'a pas de sujets.
fork-late = Quelqu'un a écrit dans le nouveau sujet avant que j'aie copié quoi que ce soit : il commence sans cet historique.
fork-gone = L'historique a été supprimé entre-temps, je n'ai donc rien copié.
fork-done = J'ai ouvert « { $title } » avec cet historique et les fichiers. Les deux conversations continuent chacune de leur côté.
fork-older = Les fichiers de la dernière réponse n'étaient pas encore enregistrés : là-bas ils sont comme avant elle.
fork-open = Ouvrir
fork-hello = Cette conversation commence avec l'historique et les fichiers de « { $title } ». Ce qui se passe ici n'y change rien. Que dois-je faire ?
