notes-usage =
    Dis-moi quoi retenir : /remember nous utilisons uv
    Avec for:chat, cela vaut dans tous les sujets d'ici, avec for:me dans notre chat privé. /memory montre tout.
notes-noted-here = 📝 Je le retiens dans cette conversation : { $note }
notes-noted-chat = 📝 Je le retiens dans tout ce chat : { $note }
notes-noted-talk = 📝 Je le retiens dans tout ce chat. Cela vient de ma conversation avec { $name } : { $note }
notes-noted-event = 📝 Je le retiens dans tout ce chat. Personne ici ne l'a dit, cela vient d'un événement ou d'une tâche planifiée : { $note }
notes-noted-person = 📝 Je retiens cela de toi : { $note }
notes-full = Je retiens déjà { $count } choses. Supprimes-en d'abord avec /memory.
notes-long = C'est trop long. Une note a { $count } caractères au plus.
notes-private = Je ne prends de notes sur une personne que là où nous parlons seuls.
notes-none = Je n'ai pas de notes ici. /remember en fait une.
notes-head = { $count ->
    [one] Je retiens une chose ici. Un appui la supprime.
   *[other] Je retiens { $count } choses ici. Un appui en supprime une.
}
notes-gone = Cette note n'existe plus.
notes-deleted = Oublié.
notes-button-chat = Pour tous les sujets
notes-button-person = Pour moi
notes-button-delete = 🗑 Supprimer
notes-here = cette conversation
notes-chat = tout le chat
notes-person = sur toi
notes-by-agent = noté par moi pour { $name }
notes-by-itself = noté par moi, sans demande de personne ici
