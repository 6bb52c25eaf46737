# Errors of the model's provider, by meaning.

provider-limited = The model is rate-limited right now. Try again in a minute.
provider-limited-until = The model is rate-limited. It's back in { $left } ({ $time }).
provider-no-money = The account for the model has run out of money. Please tell an administrator.
provider-key = The model refused our API key. Please tell an administrator.
    .admin = The key is LLM_API_KEY in the gateway's Secret.
provider-region = The model isn't offered in the country I call from.
provider-blocked = A page came instead of the model: something on the way blocks me. Please tell an administrator.
provider-denied = The model's provider doesn't let me do this. Please tell an administrator.
provider-context = Our conversation has grown longer than the model can read. Start a new one: your files stay.
provider-answer-limit = I'm set up for longer answers than this model allows. Please tell an administrator.
    .admin = model.maxTokens of the AgentClass is the setting.
provider-picture = The model couldn't take a picture. I leave it out from now on; ask again, or send it in another form.
provider-filtered = The model's content filter stopped this. Try other words.
provider-model = The model isn't known to its provider. Please tell an administrator.
    .admin = LLM_PROVIDER and LLM_MODEL, or the AgentClass's model, name it.
provider-away = The model is away or overloaded. Try again in a while.
provider-settings = I can't reach the model: my settings need an administrator.
provider-other = The model's provider answered with an error.
provider-said = It says: { $words }
provider-new = 🆕 New conversation
provider-status = HTTP { $status }.
fallback-answered = 🔁 Answered by { $model }: the usual model was not available.
answer-was-cut = ✂️ Cut at the model's limit; there is more to say.
pictures-left-out = { $count ->
    [one] ⚠️ The model couldn't take the picture, so I answered without it.
   *[other] ⚠️ The model couldn't take { $count } pictures, so I answered without them.
}
