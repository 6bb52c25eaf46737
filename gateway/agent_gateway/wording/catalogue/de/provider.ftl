provider-limited = Beim Modell ist gerade das Anfragelimit erreicht. Versuch es in einer Minute noch einmal.
provider-limited-until = Beim Modell ist gerade das Anfragelimit erreicht. In { $left } geht es weiter ({ $time }).
provider-no-money = Das Guthaben für das Modell ist aufgebraucht. Sag bitte einem Administrator Bescheid.
provider-key = Das Modell nimmt unseren API-Schlüssel nicht an. Sag bitte einem Administrator Bescheid.
    .admin = Der Schlüssel ist LLM_API_KEY im Secret des Gateways.
provider-region = Das Modell gibt es in dem Land nicht, aus dem ich anfrage.
provider-blocked = Statt des Modells kam eine Webseite: Etwas auf dem Weg sperrt mich. Sag bitte einem Administrator Bescheid.
provider-denied = Der Anbieter des Modells lässt mich das nicht tun. Sag bitte einem Administrator Bescheid.
provider-context = Unsere Unterhaltung ist länger geworden, als das Modell lesen kann. Fang eine neue an: Deine Dateien bleiben.
provider-answer-limit = Ich bin auf längere Antworten eingestellt, als das Modell erlaubt. Sag bitte einem Administrator Bescheid.
    .admin = Die Einstellung ist model.maxTokens der AgentClass.
provider-picture = Das Modell konnte ein Bild nicht annehmen. Ich lasse es ab jetzt weg; frag noch einmal oder schick es in anderer Form.
provider-filtered = Der Inhaltsfilter des Modells hat das gestoppt. Versuch es mit anderen Worten.
provider-model = Der Anbieter kennt das Modell nicht. Sag bitte einem Administrator Bescheid.
    .admin = LLM_PROVIDER und LLM_MODEL oder das Modell der AgentClass nennen es.
provider-away = Das Modell ist gerade weg oder überlastet. Versuch es später noch einmal.
provider-settings = Ich erreiche das Modell nicht: Um meine Einstellungen muss sich ein Administrator kümmern.
provider-other = Der Anbieter des Modells hat mit einem Fehler geantwortet.
provider-said = Er sagt: { $words }
provider-new = 🆕 Neue Unterhaltung
provider-status = HTTP { $status }.
fallback-answered = 🔁 Beantwortet von { $model }: Das übliche Modell war nicht verfügbar.
answer-was-cut = ✂️ Am Limit des Modells abgeschnitten; es gibt noch mehr zu sagen.
pictures-left-out = { $count ->
    [one] ⚠️ Das Modell konnte das Bild nicht annehmen, deshalb habe ich ohne es geantwortet.
   *[other] ⚠️ Das Modell konnte { $count } Bilder nicht annehmen, deshalb habe ich ohne sie geantwortet.
}
