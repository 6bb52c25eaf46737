tool-server-away = 我现在连不上 { $name }，先不用它的工具继续工作。
project-file-cut = { $name } 太长，没法全部记住，我只读了开头。
project-file-unread = 我没有读 { $name }：它不是我文件夹里的普通文件。
source-not-fetched = 我没能取到 { $name }，先不用那里的技能继续工作。
