tool-server-away = Je n'arrive pas à joindre { $name } pour le moment ; je travaille sans ses outils.
project-file-cut = { $name } est trop long pour que je le garde en tête en entier : je n'en ai lu que le début.
project-file-unread = Je n'ai pas lu { $name } : ce n'est pas un simple fichier de mon dossier.
source-not-fetched = Je n'ai pas pu récupérer { $name } ; je travaille sans les instructions qui s'y trouvent.
