unreadable = Je ne peux pas ouvrir ce genre de message. Envoie-moi du texte, une image ou un fichier.
nothing-asked = Que puis-je faire ? Écris-le après mon nom, ou réponds-moi.
anonymous = Je ne réponds qu'aux personnes que je peux identifier. Écris sous ton propre nom (pas comme groupe ni canal) et redemande.
too-large = { $name } fait { $size }, et Telegram ne laisse les bots télécharger que 20 Mo. Envoie un lien ou découpe-le. Je n'ai pas commencé.
takes-no-file = /{ $name } ne prend pas de fichier, je n'ai donc rien fait. Envoie-le sans fichier.
file-not-fetched = Je n'ai pas pu transmettre { $name } à l'agent. Renvoie-le, ou sous une autre forme.
