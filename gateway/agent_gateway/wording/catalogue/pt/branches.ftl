branches-here = Na minha pasta de trabalho
branches-pushed = Enviado daqui
branches-none = Não há repositórios na minha pasta de trabalho, e nada foi enviado daqui.
branches-away = Minha pasta de trabalho está fechada agora: só sei o que foi enviado.
branches-open = abrir
branches-silent = Minha pasta de trabalho não respondeu: só sei o que foi enviado.
branches-more = …e mais
branches-button = Olhar de novo
