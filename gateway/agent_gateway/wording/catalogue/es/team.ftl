tool-server-away = Ahora no llego a { $name }, así que trabajo sin sus herramientas.
project-file-cut = { $name } es demasiado largo para tenerlo entero presente; leí solo el principio.
project-file-unread = No leí { $name }: no es un archivo normal de mi carpeta.
source-not-fetched = No pude traer { $name }, así que trabajo sin las instrucciones que hay allí.
