audit-head = 誰が何をしたか（新しい順）:
audit-none = まだ誰も何もしていません。
audit-earlier = 以前
audit-itself = ボット自身
audit-private = /audit は個人チャットで送ってください。グループでは全員に見えます。
audit-usage = /audit、または /audit と人の id を送ってください。
menu-audit = 誰が何をしたか
    .argument = <id>
