"""The sentences below the fields of models, for `kubectl explain`.

pydantic can read them itself, at each start of every program; they are needed only where definitions are written.
"""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterable, Mapping
from types import ModuleType

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

Docs = Mapping[str, Mapping[str, str]]
"""Sentences by model and by the field's outside name."""


def read_docs(modules: Iterable[ModuleType]) -> Docs:
    """Read the sentences of the models in these modules, from their source."""
    found = [value for module in modules for value in vars(module).values()]
    return {m.__name__: _docs_of(m) for m in found if isinstance(m, type) and issubclass(m, BaseModel)}


def _docs_of(model: type[BaseModel]) -> dict[str, str]:
    (tree,) = ast.parse(inspect.getsource(model)).body
    docs: dict[str, str] = {}
    for field, below in itertools.pairwise(tree.body if isinstance(tree, ast.ClassDef) else []):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            docs[to_camel(field.target.id)] = str(below.value.value)
    return docs
