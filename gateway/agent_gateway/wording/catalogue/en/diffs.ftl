# /diff: what became of the files.

diff-nothing = No files changed.
diff-count = { $count ->
    [one] 1 file
   *[other] { $count } files
}
diff-more = { $count ->
    [one] …and 1 more file
   *[other] …and { $count } more files
}
diff-patch = { $count ->
    [one] The whole patch: 1 file.
   *[other] The whole patch: { $count } files.
}
diff-often = { $count ->
    [one] I looked at the files once in this hour, which is all I may. Ask again later.
   *[other] I looked at the files { $count } times in this hour, which is all I may. Ask again later.
}
diff-title-turn = What my last answer changed
diff-title-branch = What changed since `{ $base }`
diff-title-kept = What changed since the oldest files that I keep
diff-new = I keep no earlier files: all are new.
diff-none = I keep no files of this conversation yet.
diff-unchanged-turn = My last answer changed no files. This is the newest change before it.
diff-late = The files of my last answer aren't stored yet. This is the newest change before it.
diff-at-work = What I'm changing right now isn't in here yet.
diff-no-agent = My workspace is closed now, so I compare the files that I keep.
diff-no-branch = I found no branch to compare with, so I compare the files that I keep.
diff-waits = I'm already looking at the files.
diff-full = I'm looking at the files of many others right now. Ask again in a moment.
diff-unread = I couldn't read the files that I keep. Try again in a moment.
diff-cut = Some files were too much for it.
diff-button-turn = Last answer
diff-button-all = All since the branch
diff-note-binary = binary
diff-note-picture = picture
diff-note-large = large
diff-note-secret = may hold keys, not shown
diff-note-rights = only its rights
diff-note-unread = not shown
diff-title-begin = What changed since the repository began
