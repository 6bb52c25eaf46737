files-let-go = 作業フォルダーは空です。ファイルはここでの保存期限に達したため削除されました。
forget-schedules = { $count ->
   *[other] 予定 { $count } 件も削除します。
}
