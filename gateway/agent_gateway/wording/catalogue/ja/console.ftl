# チャットの外、端末からの質問。

console-wrote = 💻 { $name } が端末から質問しています:
console-stopped = 💻 { $name } が端末からこれを止めました。
