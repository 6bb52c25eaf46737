branches-here = En mi carpeta de trabajo
branches-pushed = Enviado desde aquí
branches-none = No hay repositorios en mi carpeta de trabajo, y desde aquí no se envió nada.
branches-away = Mi carpeta de trabajo está cerrada ahora: solo sé lo que se envió.
branches-open = abrir
branches-silent = Mi carpeta de trabajo no respondió: solo sé lo que se envió.
branches-more = …y más
branches-button = Mirar otra vez
