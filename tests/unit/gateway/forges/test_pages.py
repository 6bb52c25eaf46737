"""The last page of a list."""

from __future__ import annotations

import pytest

from agent_gateway.forges.pages import find_last_page

NEXT = '<https://api.example/x?per_page=100&page=2>; rel="next"'


@pytest.mark.parametrize(
    ("headers", "data", "last"),
    [
        ({}, [1], 1),
        ({"Link": f'{NEXT}, <https://api.example/x?per_page=100&page=7>; rel="last"'}, [1], 7),
        ({"Link": NEXT}, [1], 1),
        ({"Link": '<https://api.example/x?page=-7>; rel="last"'}, [1], 1),
        ({"Link": '<https://api.example/x?page=99999999999>; rel="last"'}, [1], 1),
        ({"Link": '<https://[/x?page=7>; rel="last"'}, [1], 1),
        ({"Link": f'<https://api.example/x?{"a=1&" * 50}page=7>; rel="last"'}, [1], 1),
        ({"Link": '>>><,; rel="last",<>'}, [1], 1),
        ({"X-Total-Count": "101"}, [0] * 50, 3),
        ({"X-Total-Count": "100"}, [0] * 50, 2),
        ({"X-Total-Count": "7"}, [], 1),
        ({"X-Total-Count": "7"}, {"number": 7}, 1),
        ({"X-Total-Count": "many"}, [1], 1),
    ],
)
def test_its_number_is_what_the_forge_says_where_it_says_so(headers, data, last):
    assert find_last_page(headers, data) == last
