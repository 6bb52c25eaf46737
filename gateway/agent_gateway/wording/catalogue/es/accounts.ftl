# Cuentas que alguien vincula: /link y /unlink.

link-list = Con tu cuenta vinculada, los pull requests que me pidas son tuyos. No se usa para nada más: el código va con la clave del equipo.
link-list-linked = ✅ { $host }: vinculado como { $login }
link-list-unable = { $host }: Gitea no permite vincular una cuenta con un código.
link-list-on = Vincular { $host }
link-list-off = Desvincular { $host }
link-private = Vincular una cuenta es cosa de los dos: hagámoslo en nuestro propio chat.
link-private-open = Abrir nuestro chat
link-none = Aquí no se pueden vincular cuentas.
link-none-admin = Aquí no se pueden vincular cuentas: ninguna conexión de los ajustes tiene clientId.
link-code = { $minutes ->
    [one] Abre { $address } y escribe { $code } en menos de un minuto.
   *[other] Abre { $address } y escribe { $code } en menos de { $minutes } minutos.
} Hazlo solo si me lo pediste tú.
link-code-open = Abrir { $host }
link-code-copy = Copiar el código
link-done = Vinculado: en { $host } eres { $login }. /unlink lo deshace.
link-expired = Nadie escribió a tiempo el código para { $host }.
link-denied = Se rechazó en { $host }, así que no hay nada vinculado.
link-refused = { $host } no me deja vincular tu cuenta ahora. Si sigue así, díselo a quien me administra.
link-lost = { $host } ya no acepta el vínculo con { $login }, así que lo olvidé. /link crea otro.
link-again = Probar otra vez
links-full = { $count ->
    [one] Ya lo empezaste una vez en la última hora y no se permite más. Prueba más tarde.
   *[other] Lo empezaste { $count } veces en la última hora. Prueba más tarde.
}
unlinked = Desvinculado: olvidé lo que me dejaba actuar como { $login } en { $host }. También puedes retirar el permiso allí, en tus ajustes.
unlink-nothing = No hay nada vinculado.
forget-accounts = También se borran tus cuentas vinculadas.
