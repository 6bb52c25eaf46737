"""What the queries of search, notes and sessions are given when their plans are looked at: by name, by number of the parameter."""

from __future__ import annotations

from typing import Final

MEMORY: Final[dict[str, dict[int, str]]] = {
    "search_terms": {1: "the retries of an uploader", 2: "12"},
    "search_visible": {2: "1", 3: "true", 4: "200"},
    # by words of a small conversation in the largest one: what is found says what is read, not what may be seen
    "search_hits": {
        1: "{1}",
        2: "{0}",
        3: "{0,0}",
        4: "{''#77''&''words'',''#77''&''wor'':*}",
        6: "1000",
        7: "user",
        8: "-infinity",
        9: "infinity",
        11: "{words}",
        12: "0",
        13: "5",
    },
    **{
        n: {1: "{1}", 2: "{0}", 3: "1000", 4: "words", 5: "user", 6: "-infinity", 7: "infinity", 8: "0", 9: "5"}
        for n in ("search_within", "search_alike")
    },
    "message_seen": {1: "{77}", 2: "{0}", 3: "100"},
    "add_search": {1: "77", 3: "20"},
    "search_words": {1: "77", 2: "77"},
    "notes_of": {2: "1", 3: "100"},
    "add_note": {1: "77", 2: "chat", 5: "brand-new", 6: "100"},
    "widen_note": {2: "chat"},
    "move_notes": {2: "-100", 3: "-101"},
    "hand_notes_over": {1: "77", 2: "78"},
    "sessions_of": {1: "1", 2: "40"},
    "name_session": {1: "77"},
}
