notes-usage =
    Diz-me o que recordar: /remember usamos uv
    Com for:chat vale em todos os tópicos daqui, com for:me na nossa conversa privada. /memory mostra tudo.
notes-noted-here = 📝 Vou lembrar-me disso nesta conversa: { $note }
notes-noted-chat = 📝 Vou lembrar-me disso em todo este chat: { $note }
notes-noted-talk = 📝 Vou lembrar-me disso em todo este chat. Vem da minha conversa com { $name }: { $note }
notes-noted-event = 📝 Vou lembrar-me disso em todo este chat. Ninguém aqui o disse, vem de um evento ou de um agendamento: { $note }
notes-noted-person = 📝 Vou lembrar-me disso sobre ti: { $note }
notes-full = Já me lembro de { $count } coisas. Apaga primeiro algumas com /memory.
notes-long = É longo demais. Uma nota tem até { $count } caracteres.
notes-private = Só guardo notas sobre uma pessoa onde falamos a sós.
notes-none = Não tenho notas aqui. /remember cria uma.
notes-head = { $count ->
    [one] Aqui lembro-me de uma coisa. Um toque apaga-a.
   *[other] Aqui lembro-me de { $count } coisas. Um toque apaga uma.
}
notes-gone = Essa nota já não existe.
notes-deleted = Esquecido.
notes-button-chat = Para todos os tópicos
notes-button-person = Para mim
notes-button-delete = 🗑 Apagar
notes-here = esta conversa
notes-chat = todo o chat
notes-person = sobre ti
notes-by-agent = anotado por mim para { $name }
notes-by-itself = anotado por mim, sem que ninguém aqui pedisse
