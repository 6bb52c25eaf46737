unreadable = No puedo abrir este tipo de mensaje. Mándame texto, una imagen o un archivo.
nothing-asked = ¿Qué puedo hacer? Escríbelo después de mi nombre o respóndeme.
anonymous = Solo respondo a personas que puedo identificar. Escribe con tu propio nombre (no como grupo ni canal) y pregunta otra vez.
too-large = { $name } ocupa { $size } y Telegram solo deja a los bots descargar 20 MB. Mándame un enlace o divídelo. Aún no he empezado.
takes-no-file = /{ $name } no acepta archivos, así que no he hecho nada. Mándalo sin archivo.
file-not-fetched = No pude pasarle { $name } al agente. Envíalo otra vez o de otra forma.
