"""What each key means: the text that stands below it in the source of its model.

pydantic would read that source for every model when it is made, which is half of what the rules take to start. Only
a page, a sheet and the JSON Schema ask for it.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise


def meanings(model: type) -> dict[str, str]:
    """The text below each key of a model that has one, by key."""
    return _of_file(model.__module__).get(model.__name__, {})


@cache
def _of_file(module: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: dict(_below(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _below(model: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for key, text in pairwise(model.body):
        if (
            isinstance(key, ast.AnnAssign)
            and isinstance(key.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            yield key.target.id, inspect.cleandoc(text.value.value)
