# Events that came in by a hook, and checks of what was pushed.

hooks-came = ⚡ Event from { $name }
hooks-looking = I'm looking into it ({ NUMBER($round) } of { NUMBER($rounds) }).
hooks-rounds = I tried { NUMBER($rounds) } times in a row. Write to me and I go on.
