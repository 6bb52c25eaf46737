# What a conversation can be set to: /think and /verbose.

think-now = How long I think before I answer: { $level }
think-next = From the next answer on I think: { $level }
think-usual = as usual here
think-off = not at all
think-minimal = hardly
think-low = a little
think-medium = some
think-high = a lot
think-xhigh = as long as it takes
think-unknown = I don't know “{ $level }”. Tap one:
verbose-now = How much of my work I show while I answer:
verbose-next = From the next answer on:
verbose-level-0 = Only the answer
verbose-level-1 = The last five steps
verbose-level-2 = The last ten steps, in full
timezone-set = Got it: your time is that of { $name }.
timezone-usage = Your time is mine again. To set another: /timezone Europe/Berlin
timezone-unknown = I don't know this time zone. Write it like this: /timezone Europe/Berlin
