schedules-paused = ⏸ “{ $title }” falhou { $count } vezes seguidas, então eu pausei.
schedules-go-on = ▶ Continuar
schedules-going-on = Volta a funcionar a partir da próxima vez.
schedules-usage =
    Diga quando e o quê:
    /schedule todo dia útil às 9:00 verifique as dependências
    /schedule a cada 30 minutos veja se o build está verde
    /schedule amanhã às 18:00 lembre-me da entrega
    /schedule 0 9 * * 1 planeje a semana
schedules-unclear =
    Não entendo quando. Escreva assim:
    /schedule todo dia útil às 9:00 verifique as dependências
    /schedule amanhã às 18:00 lembre-me da entrega
    /schedule 0 9 * * 1 planeje a semana
schedules-past = Essa hora já passou.
schedules-too-often = É frequente demais: no máximo a cada { $minutes } min.
schedules-full-conversation = Esta conversa tem { $count } agendamentos, o máximo. Veja /schedules.
schedules-full-chat = Este chat tem { $count } agendamentos, o máximo.
schedules-full-all = Há { $count } agendamentos, o máximo.
schedules-when = { $when } ({ $zone })
schedules-next-times = As próximas vezes:
schedules-do = ✓ Agendar
schedules-made = ✓ Agendado. Próxima vez: { $next }
schedules-list = Agendamentos desta conversa
schedules-none = Nada está agendado aqui. Tente: /schedule todo dia útil às 9:00 verifique as dependências
schedules-next = próxima vez: { $next }
schedules-soon = sendo preparado
schedules-over = feito
schedules-suspended = em pausa
schedules-failed = em pausa: falhou { $count } vezes seguidas
schedules-problem = não funciona: { $reason }
schedules-cannot-not-allowed = já não posso ser usado neste chat
schedules-cannot-limit = há demasiados, ou repete-se demasiado
schedules-cannot-times = não entendo os seus horários
schedules-cannot-no-topic = o seu tópico já não existe
schedules-cannot-other = algo está errado com ele; um administrador pode ver o quê
schedules-legend = ⏸ pausar · ▶ continuar · ⚡ agora · 🗑 apagar
schedules-gone = Não conheço mais este agendamento.
schedules-delete-question = Apagar “{ $title }”?
schedules-delete-do = 🗑 Apagar
schedules-deleted = Apagado: { $title }
schedules-now = Estou nisso.
schedules-runs = Já está em andamento.
schedules-not-yours = Só quem criou ou um administrador pode fazer isso.
schedules-wait = Está sendo preparado. Tente de novo em instantes.
heartbeat-usage =
    Olho o HEARTBEAT.md e a lista da sua equipe e só escrevo quando há algo a dizer.
    /heartbeat on: a cada 30 min, 8-22
    /heartbeat 60 9-18: a cada hora, 9-18
    /heartbeat off
heartbeat-is = Está ligado ({ $cron }).
heartbeat-none = Está desligado.
heartbeat-on = ✓ Ligado: a cada { $minutes } min das { $begin } às { $end } ({ $zone }). Só escrevo quando há algo a dizer.
heartbeat-off = ✓ Desligado.
