provider-limited = El modelo tiene ahora un límite de uso. Inténtalo dentro de un minuto.
provider-limited-until = El modelo tiene un límite de uso. Vuelve en { $left } ({ $time }).
provider-no-money = La cuenta del modelo se ha quedado sin dinero. Avisa a un administrador.
provider-key = El modelo rechazó nuestra clave. Avisa a un administrador.
    .admin = La clave es LLM_API_KEY en el Secret del gateway.
provider-region = El modelo no se ofrece en el país desde el que llamo.
provider-blocked = En lugar del modelo llegó una página: algo me bloquea por el camino. Avisa a un administrador.
provider-denied = El proveedor del modelo no me deja hacer esto. Avisa a un administrador.
provider-context = Nuestra conversación es ya más larga de lo que el modelo puede leer. Empieza una nueva: tus archivos se quedan.
provider-answer-limit = Estoy configurado para respuestas más largas de lo que permite este modelo. Avisa a un administrador.
    .admin = El ajuste es model.maxTokens de la AgentClass.
provider-picture = El modelo no pudo con una imagen. Desde ahora la dejo fuera; pregunta otra vez o mándala de otra forma.
provider-filtered = El filtro de contenido del modelo ha parado esto. Prueba con otras palabras.
provider-model = El proveedor no conoce el modelo. Avisa a un administrador.
    .admin = Lo nombran LLM_PROVIDER y LLM_MODEL, o el modelo de la AgentClass.
provider-away = El modelo no responde o está saturado. Inténtalo dentro de un rato.
provider-settings = No llego al modelo: mi configuración necesita a un administrador.
provider-other = El proveedor del modelo respondió con un error.
provider-said = Dice: { $words }
provider-new = 🆕 Conversación nueva
provider-status = HTTP { $status }.
fallback-answered = 🔁 Respondió { $model }: el modelo habitual no estaba disponible.
answer-was-cut = ✂️ Cortado en el límite del modelo; hay más que decir.
pictures-left-out = { $count ->
    [one] ⚠️ El modelo no pudo con la imagen, así que respondí sin ella.
   *[other] ⚠️ El modelo no pudo con { $count } imágenes, así que respondí sin ellas.
}
