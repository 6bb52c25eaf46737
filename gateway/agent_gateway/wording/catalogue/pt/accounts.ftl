# Contas que alguém vincula: /link e /unlink.

link-list = Com sua conta vinculada, os pull requests que você me pede são seus. Ela não serve para mais nada: o código vai com a chave da equipe.
link-list-linked = ✅ { $host }: vinculado como { $login }
link-list-unable = { $host }: o Gitea não permite vincular uma conta com um código.
link-list-on = Vincular { $host }
link-list-off = Desvincular { $host }
link-private = Vincular uma conta é entre nós dois: vamos fazer isso na nossa própria conversa.
link-private-open = Abrir nossa conversa
link-none = Aqui não dá para vincular contas.
link-none-admin = Aqui não dá para vincular contas: nenhuma conexão das configurações tem clientId.
link-code = { $minutes ->
    [one] Abra { $address } e digite { $code } em até um minuto.
   *[other] Abra { $address } e digite { $code } em até { $minutes } minutos.
} Só faça isso se foi você quem me pediu.
link-code-open = Abrir { $host }
link-code-copy = Copiar o código
link-done = Vinculado: em { $host } você é { $login }. /unlink desfaz.
link-expired = Ninguém digitou a tempo o código de { $host }.
link-denied = Foi recusado em { $host }, então nada está vinculado.
link-refused = { $host } não me deixa vincular sua conta agora. Se continuar assim, avise quem cuida de mim.
link-lost = { $host } não aceita mais o vínculo com { $login }, então eu o esqueci. /link cria outro.
link-again = Tentar de novo
links-full = { $count ->
    [one] Você começou isso uma vez na última hora, e mais não é permitido. Tente mais tarde.
   *[other] Você começou isso { $count } vezes na última hora. Tente mais tarde.
}
unlinked = Desvinculado: esqueci o que me deixava agir como { $login } em { $host }. Você também pode retirar a permissão lá, nas configurações.
unlink-nothing = Não há nada vinculado.
forget-accounts = Suas contas vinculadas também somem.
