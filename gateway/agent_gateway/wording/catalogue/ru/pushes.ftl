push-ask = Отправить в `{ $repository }`?
    .yes = ✓ Отправить
    .no = ✕ Нет
push-new = Новая ветка `{ $branch }`:
push-moved = Ветка `{ $branch }`:
push-deleted = Удалить ветку `{ $branch }`.
push-rewrites = ⚠ Это перепишет историю ветки.
push-files = { $count ->
    [one] { $count } файл, +{ $added } −{ $removed }
    [few] { $count } файла, +{ $added } −{ $removed }
   *[other] { $count } файлов, +{ $added } −{ $removed }
}
push-files-many = Больше { $count } файлов, +{ $added } −{ $removed } или больше
push-unread = Я не смог посмотреть, что меняется.
push-workflows = ⚠ Это меняет то, что там запускается само, часто со своими ключами:
push-workflows-unknown = ⚠ Я не смог понять, меняет ли это то, что там запускается само.
push-more = …и ещё
push-how = Чтобы отказать с причиной, ответь на это сообщение.
