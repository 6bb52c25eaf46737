tool-server-away = 今は { $name } につながらないので、そのツールなしで作業します。
project-file-cut = { $name } は長すぎて全部は覚えておけないので、最初だけ読みました。
project-file-unread = { $name } は読みませんでした。私のフォルダーにある普通のファイルではないためです。
source-not-fetched = { $name } を取得できなかったので、そこにあるスキルなしで作業します。
