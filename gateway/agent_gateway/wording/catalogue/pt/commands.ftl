unknown-command = Comando desconhecido: /{ $name }
unknown-command-near =
    Comando desconhecido: /{ $name }
    Você quis dizer /{ $near }?
whoami-person = Seu id é { $id }.
whoami-chat = O id deste chat é { $id }.
whoami-topic = O id deste tópico é { $id }.
whoami-admin = Você administra este bot.
whoami-allowed = Você pode usar este bot.

nothing-runs = Nada em andamento.
stop-too-late = Essa resposta tinha acabado de terminar; não havia mais o que parar.
stop-too-late-next = Essa resposta tinha acabado de terminar e a próxima já começou. Para parar essa, mande /stop de novo.
stopped-waiting = { $count ->
    [one] Parado. Descartei sua mensagem que esperava.
   *[other] Parado. Descartei { $count } mensagens que esperavam.
}
busy = Ainda estou trabalhando. Mande /stop primeiro ou espere.
nothing-to-retry = Ainda não há nada para repetir. Escreva algo.
new-session = Recomeço. Seus arquivos continuam aqui.
steer-usage = Diga o que mudar: /steer <palavras>
steered = Entendi, leio isso em seguida.

kill-unknown = Não conheço nenhuma conversa { $name }. /threads mostra quais há.
kill-done = Encerrado: { $name }
kill-done-dropped = { $count ->
    [one] Encerrado: { $name }. Descartei uma mensagem que esperava.
   *[other] Encerrado: { $name }. Descartei { $count } mensagens que esperavam.
}
kill-nothing = Nada em andamento em { $name }.

model-now = Modelo: { $name }
model-default = Modelo: padrão
model-next = A partir da próxima resposta: { $name }
model-next-default = A partir da próxima resposta: o modelo padrão
model-writing = Escrevendo agora: { $name }
model-writing-other = Escrevendo agora: o modelo anterior
model-only = Aqui só há este modelo.
model-unknown = Não posso usar { $name } aqui. Disponíveis: { $models }
model-gone = Este modelo não está mais na lista. Mande /model de novo.
choices-unknown = Não consigo verificar agora o que se pode escolher aqui. Tente daqui a pouco.

language-now = Falo { $name } com você. Toque em outro idioma ou deixe que eu siga seu Telegram:
    .follow = Seguir o Telegram
language-chosen = De agora em diante falo português com você.
language-unknown = Ainda não falo esse idioma. Toque em um:
