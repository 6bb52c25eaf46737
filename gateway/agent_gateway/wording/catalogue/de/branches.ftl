branches-here = In meinem Arbeitsordner
branches-pushed = Von hier gepusht
branches-none = In meinem Arbeitsordner sind keine Repositorys, und von hier wurde nichts gepusht.
branches-away = Mein Arbeitsordner ist gerade zu: Ich weiß nur, was gepusht wurde.
branches-open = öffnen
branches-silent = Mein Arbeitsordner hat nicht geantwortet: Ich weiß nur, was gepusht wurde.
branches-more = …und weitere
branches-button = Noch einmal nachsehen
