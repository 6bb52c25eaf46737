# 上限に達したため省かれたもの、始めないもの。

notices-left-out = お知らせが多すぎて入りきらないため、古いものを省きました。
unsent-dropped = { $count ->
   *[other] まだ送っていなかったメッセージ { $count } 件を省きました。
}
agent-notice = 作業環境からの報告：
queue-full = { $count ->
   *[other] ここではもう { $count } 件のメッセージが待っているので、これは受け取れません。いくつか答えた後で、もう一度書いてください。
}
spawn-full = { $count ->
   *[other] ここではもう { $count } 個のサブエージェントが作業中です。どれかが終わってから次を始めてください。
}
conversations-full = { $count ->
   *[other] このチャットでは一日に { $count } 件の新しい会話が始まったため、これ以上は受け取れません。そのどれかに書くか、明日また試してください。
}
tasks-full = { $count ->
   *[other] 一時間に { $count } 件の新しいタスクを始めました。次は少し後で始めてください。
}
exports-full = 今はほかの履歴を書き出しています。数分後にもう一度頼んでください。
export-waits = この会話の履歴はもう書き出しています。
export-cut = 長すぎて全部は送れません。その後の分は含まれていません。
group-admins-only = グループでは、その管理者か私の管理者だけができます。
group-leaves = 一日のうちに誰も許可しなければ、退出します。
exports-often = { $count ->
   *[other] この会話の履歴は一時間に { $count } 回書き出しました。少し後でもう一度頼んでください。
}
