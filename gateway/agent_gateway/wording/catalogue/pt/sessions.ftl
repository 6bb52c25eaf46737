sessions-head = Sessões desta conversa. Toca numa para continuar com ela; /sessions com palavras dá nome à atual.
sessions-present = agora
sessions-questions = { $count ->
    [one] 1 mensagem
   *[other] { $count } mensagens
}
sessions-unnamed = sem nome
sessions-none = Ainda não falámos aqui.
sessions-named = Esta sessão chama-se agora “{ $name }”.
sessions-resumed = Continuamos com “{ $name }”. Os ficheiros ficam como estão; a sessão anterior está em /sessions.
sessions-gone = Essa sessão já não existe.
