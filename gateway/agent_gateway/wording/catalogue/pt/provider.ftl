provider-limited = O modelo está com limite de uso agora. Tente daqui a um minuto.
provider-limited-until = O modelo está com limite de uso. Volta em { $left } ({ $time }).
provider-no-money = A conta do modelo ficou sem dinheiro. Avise um administrador.
provider-key = O modelo recusou nossa chave. Avise um administrador.
    .admin = A chave é LLM_API_KEY no Secret do gateway.
provider-region = O modelo não é oferecido no país de onde eu chamo.
provider-blocked = Veio uma página em vez do modelo: algo me bloqueia no caminho. Avise um administrador.
provider-denied = O provedor do modelo não me deixa fazer isso. Avise um administrador.
provider-context = Nossa conversa ficou mais longa do que o modelo consegue ler. Comece uma nova: seus arquivos ficam.
provider-answer-limit = Estou configurado para respostas mais longas do que este modelo permite. Avise um administrador.
    .admin = A configuração é model.maxTokens da AgentClass.
provider-picture = O modelo não conseguiu ler uma imagem. Deixo-a de fora de agora em diante; pergunte de novo ou mande de outra forma.
provider-filtered = O filtro de conteúdo do modelo barrou isto. Tente outras palavras.
provider-model = O provedor não conhece o modelo. Avise um administrador.
    .admin = LLM_PROVIDER e LLM_MODEL, ou o modelo da AgentClass, o nomeiam.
provider-away = O modelo está fora do ar ou sobrecarregado. Tente daqui a pouco.
provider-settings = Não alcanço o modelo: minhas configurações precisam de um administrador.
provider-other = O provedor do modelo respondeu com um erro.
provider-said = Ele diz: { $words }
provider-new = 🆕 Nova conversa
provider-status = HTTP { $status }.
fallback-answered = 🔁 Respondido por { $model }: o modelo habitual não estava disponível.
answer-was-cut = ✂️ Cortado no limite do modelo; há mais a dizer.
pictures-left-out = { $count ->
    [one] ⚠️ O modelo não conseguiu ler a imagem, então respondi sem ela.
   *[other] ⚠️ O modelo não conseguiu ler { $count } imagens, então respondi sem elas.
}
