# Donde no hay sitio para más: lo que guardo tiene un límite.

room-answer = He parado: esta respuesta iba a ocupar más memoria de la que puede ocupar una ({ $size }). Lo dicho hasta aquí se queda. Pídeme que siga en pasos más pequeños.
room-session = He parado: mi memoria de esta conversación está llena ({ $size }). Empieza de nuevo con /new; los archivos se quedan.
room-sessions = He parado: mi memoria de esta conversación, con todo lo anterior a /new, está llena ({ $size }). /forget hace sitio.
room-copies = Mis subagentes llevan aquí demasiados archivos ({ $size }), así que no pude iniciar otro. Volverá a funcionar cuando terminen algunos.
room-files = Tengo más archivos para ti de los que puedo guardar a la vez ({ $size }). Pide el resto cuando estos hayan llegado.
room-files-refused = Me estoy quedando sin sitio, así que ahora no puedo recibir archivos. Todo lo demás sigue, y un administrador lo sabe.
room-no-new = Me estoy quedando sin sitio, así que ahora no puedo empezar una conversación nueva. Las que están en marcha siguen, y un administrador lo sabe.
room-full = Me he quedado sin sitio, así que ahora no puedo aceptar tareas nuevas. Lo que estoy haciendo sigue, y un administrador lo sabe.
room-near-tell = La base de datos está casi llena: { $used } de { $quota }. Rechazo conversaciones nuevas y archivos; las respuestas y /stop siguen. Haz sitio con /forget o aumenta database.quota.
room-full-tell = La base de datos está llena: { $used } de { $quota }. Rechazo tareas nuevas; las respuestas en curso y /stop siguen. Haz sitio con /forget o aumenta database.quota.
room-again-tell = Vuelve a haber sitio en la base de datos: { $used } de { $quota }. Acepto todo como antes.
room-aside = No pude desempaquetar dos veces los archivos anteriores de esta conversación, así que sigo sin los más recientes. Quedan apartados dos semanas; un administrador puede sacarlos.
room-prompt = Este mensaje, con todo lo que lo acompaña, es demasiado largo para el agente. Envíalo en partes más pequeñas, por favor.
room-new-clean = Empezamos de nuevo, sin los archivos anteriores. Quedan apartados dos semanas.
