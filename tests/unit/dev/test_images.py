"""What a build is told of where packages come from."""

from __future__ import annotations

from dev.images import build_pip_settings

LISTED = """\
global.index-url='https://mirror.example/simple'
global.timeout='60'
install.trusted-host='mirror.example\\nother.example'
:env:.index-url='https://nearer.example/simple'
:env:.find-links='/opt/wheels'
"""


def test_a_build_gets_the_index_of_this_machine_and_nothing_else():
    assert build_pip_settings(LISTED) == (
        "[global]\nindex-url = https://nearer.example/simple\ntrusted-host = mirror.example other.example\n"
    )


def test_a_machine_without_settings_of_its_own_gives_none():
    assert build_pip_settings("global.timeout='60'\n") == ""
    assert build_pip_settings("") == ""
