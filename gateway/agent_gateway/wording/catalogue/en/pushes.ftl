# Pushes that wait for a person.

push-ask = Push to `{ $repository }`?
    .yes = ✓ Push
    .no = ✕ No
push-new = New branch `{ $branch }`:
push-moved = Branch `{ $branch }`:
push-deleted = Delete branch `{ $branch }`.
push-rewrites = ⚠ This rewrites what the branch held.
push-files = { $count ->
    [one] { $count } file, +{ $added } −{ $removed }
   *[other] { $count } files, +{ $added } −{ $removed }
}
push-files-many = More than { $count } files, +{ $added } −{ $removed } or more
push-unread = I could not look at what it changes.
push-workflows = ⚠ This changes what runs by itself there, often with keys of its own:
push-workflows-unknown = ⚠ I could not tell whether this changes what runs by itself there.
push-more = …and more
push-how = To say no with a reason, reply to this message.
