"""No regular expression of gateway, operator, Kubernetes layer or contract takes longer than its text is long."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
import time
from dataclasses import dataclass
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("gateway/agent_gateway", "operator/agent_operator", "kube/agent_kube", "contract/agent_contract")
FUNCTIONS = {"compile", "sub", "subn", "match", "search", "split", "findall", "fullmatch", "finditer"}
ANCHORED = {"match", "fullmatch"}
LENGTH = 4000
"""Characters: a quadratic one takes tens of milliseconds for so many, a linear one less than one."""
MOST_MILLISECONDS = 10
"""What takes longer is looked at more closely: the machine may be slow."""
MOST_SHARE = 0.2
"""Of the time of a quadratic one, on the same machine in the same moment: ten milliseconds where that takes fifty."""
SHORT = {
    ("agent_gateway.wording.tools", "_NAMED"): 500,
    ("agent_gateway.wording.tools", "_HEADER"): 500,
    ("agent_gateway.wording.tools", "_COMMAND"): 500,
    ("agent_gateway.wording.tools", "_SHAPED"): 500,
}
"""Those that are run on no longer text than this, whoever wrote it: a tool's summary, as the wire bounds it."""
COMMON = " a0-`*[<\\\n\t.>"


@dataclass(frozen=True)
class Found:
    """A regular expression, where it stands, and how it is used."""

    module: str
    name: str
    line: int
    pattern: re.Pattern
    anchored: frozenset[str]
    """`match` and `fullmatch`, where it is used by nothing else."""


def read_modules():
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT / package).with_suffix("").parts)
            yield f"{Path(package).name}.{module}".removesuffix(".__init__"), ast.parse(file.read_text())


TREES = dict(read_modules())


def evaluate(node, module):
    return eval(compile(ast.Expression(node), "regex", "eval"), vars(importlib.import_module(module)))


def find_uses():
    """Return the methods that are called on each name."""
    uses = {}
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                value = node.func.value
                name = value.id if isinstance(value, ast.Name) else getattr(value, "attr", "")
                uses.setdefault(name, set()).add(node.func.attr)
    return uses


def find_regexes():
    uses = find_uses()
    for module, tree in TREES.items():  # what functions make stands as a value of its module
        known = vars(importlib.import_module(module))
        for name, value in known.items():
            made = value if isinstance(value, re.Pattern) else getattr(value, "pattern", None)
            if isinstance(made, re.Pattern) and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(tree)):
                yield Found(module, name, 0, made, frozenset())
    for module, tree in TREES.items():
        names = {
            id(node.value): target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        local = {inner for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "pattern" and node.value not in local:
                yield Found(module, "pattern", node.value.lineno, re.compile(evaluate(node.value, module)), frozenset())
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS
            ):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
                continue
            try:
                found = evaluate(node.args[0], module)
                flags = evaluate(node.args[1], module) if node.func.attr == "compile" and len(node.args) > 1 else 0
            except NameError:
                assert node in local  # it is made of what a function is given
                continue
            name = names.get(id(node), node.func.attr)
            called = uses.get(name, set()) & FUNCTIONS if node.func.attr == "compile" else {node.func.attr}
            anchored = frozenset(called) if called and called <= ANCHORED else frozenset()
            yield Found(module, name, node.lineno, re.compile(found, flags), anchored)


def find_literals(tree, found):
    """Collect a character of each kind that a parsed expression waits for."""
    for code, value in tree:
        match code:
            case codes.LITERAL:
                found.add(chr(value))
            case codes.MAX_REPEAT | codes.MIN_REPEAT | codes.POSSESSIVE_REPEAT:
                find_literals(value[2], found)
            case codes.SUBPATTERN:
                find_literals(value[3], found)
            case codes.BRANCH:
                for branch in value[1]:
                    find_literals(branch, found)
            case codes.IN:
                found.update(chr(v) for c, v in value if c is codes.LITERAL)
                found.update(chr(v[0]) for c, v in value if c is codes.RANGE)
            case codes.ASSERT | codes.ASSERT_NOT:
                find_literals(value[1], found)
            case codes.ATOMIC_GROUP:
                find_literals(value, found)


def build_attacks(pattern, length):
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    found = set()
    find_literals(_parser.parse(text, pattern.flags & (re.VERBOSE | re.IGNORECASE)), found)
    characters = sorted(found | set(COMMON))
    pairs = [first + second for first, second in itertools.permutations(sorted(found)[:8], 2)]
    for piece in [*characters, *pairs]:
        for begin in ("", *sorted(found)[:3]):
            attack = begin + piece * (length // len(piece)) + "\0"
            yield attack if isinstance(pattern.pattern, str) else attack.encode(errors="replace")


def run(found, text):
    begun = time.thread_time()
    if found.anchored:
        for method in found.anchored:
            getattr(found.pattern, method)(text)
    else:
        for _ in found.pattern.finditer(text):
            pass
    return (time.thread_time() - begun) * 1000


QUADRATIC = Found("", "", 0, re.compile(r"\s+$"), frozenset())


def compare(found, text):
    """Return how long an expression takes beside a quadratic one."""
    times = [(run(found, text), run(QUADRATIC, " " * LENGTH + "\0")) for _ in range(5)]
    return min(own for own, _ in times) / min(other for _, other in times)


REGEXES = {(f.module, f.name, f.pattern): f for f in find_regexes()}.values()


def test_there_are_regular_expressions():
    assert len(REGEXES) > 100


@pytest.mark.parametrize("found", REGEXES, ids=lambda f: f"{f.module.partition('.')[2]}:{f.name}:{f.line}")
def test_a_regular_expression_is_linear_in_its_text(found):
    length = SHORT.get((found.module, found.name), LENGTH)
    slow = {}
    for attack in build_attacks(found.pattern, length):
        if run(found, attack) > MOST_MILLISECONDS and (share := compare(found, attack)) > MOST_SHARE:
            slow[attack[:4]] = round(share, 2)
            break
    assert not slow


@pytest.mark.parametrize("bad", [r"\s*\[resets", r"(a+)+b", r"[ \t]*x", r"(\w+\s?)*$"])
def test_what_is_not_linear_would_be_found(bad):
    found = Found("", "", 0, re.compile(bad), frozenset())
    attacks = itertools.islice(build_attacks(found.pattern, 24 if "+)+" in bad or ")*" in bad else LENGTH), 200)
    assert any(run(found, attack) > MOST_MILLISECONDS for attack in attacks)
