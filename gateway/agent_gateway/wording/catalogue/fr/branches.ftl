branches-here = Dans mon dossier de travail
branches-pushed = Poussé d'ici
branches-none = Il n'y a pas de dépôt dans mon dossier de travail, et rien n'a été poussé d'ici.
branches-away = Mon dossier de travail est fermé pour l'instant : je sais seulement ce qui a été poussé.
branches-open = ouvrir
branches-silent = Mon dossier de travail n'a pas répondu : je sais seulement ce qui a été poussé.
branches-more = …et d'autres
branches-button = Regarder à nouveau
