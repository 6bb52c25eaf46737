# /branches: branches of repositories, and what was pushed.

branches-here = In my workspace
branches-pushed = Pushed from here
branches-none = There are no repositories in my workspace, and nothing was pushed from here.
branches-away = My workspace is closed now: I only know what was pushed.
branches-open = open
branches-silent = My workspace didn't answer: I only know what was pushed.
branches-more = …and more
branches-button = Look again
