"""Counts computed of other counts: ``likes / followers``, ``likes + 2 * shares``.

A small grammar: names, numbers, ``+ - * /`` and parentheses. Python's parser reads it, every
node is checked, and NumPy computes it; no word of it ever becomes SQL or is evaluated.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from embedstore.errors import InputError
from heads.arrays import Floats

LONGEST = 300
"""Characters."""

_OPERATIONS: dict[type[ast.operator], Callable[[Floats, Floats], Floats]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
}


@dataclass(frozen=True)
class Expression:
    """An expression over counts.

    Attributes
    ----------
    text : str
        The expression as it was written.
    names : tuple of str
        The counts in it, each once, in their order.
    divides : bool
        Whether it divides by a count, so that its values may all be small.
    """

    text: str
    names: tuple[str, ...]
    divides: bool
    _root: ast.expr

    def compute(self, values: Mapping[str, Floats]) -> Floats:
        """Compute it of the counts by name, each of shape (n,).

        NaN where a count is not known or a divisor is 0.
        """
        size = len(next(iter(values.values())))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.broadcast_to(_compute(self._root, values), (size,))
        return np.where(np.isfinite(found), found, np.nan)


def parse_expression(text: str) -> Expression:
    """Read an expression over counts.

    Raises
    ------
    InputError
        It has anything but names, numbers, ``+ - * /`` and parentheses, or no name.
    """
    if len(text) > LONGEST:
        raise InputError(f"an expression of counts has at most {LONGEST} characters")
    try:
        root = ast.parse(text.strip(), mode="eval").body
        names = tuple(dict.fromkeys(_names(root, text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _unreadable(text) from error
    if not names:
        raise InputError(f"{text!r} names no count: write one, such as likes / followers")
    return Expression(text.strip(), names, _divides(root), root)


def _names(node: ast.expr, text: str) -> list[str]:
    """List the names in a tree; refuse every node that the grammar lacks."""
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _names(node.left, text) + _names(node.right, text)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        return _names(node.operand, text)
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return []
    if (name := _name(node)) is not None:
        return [name]
    raise _unreadable(text)


def _name(node: ast.expr) -> str | None:
    """Return the name that a node is: ``likes``, or ``extra.saves``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


def _divides(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp):
        here = isinstance(node.op, ast.Div) and bool(_names(node.right, ""))
        return here or _divides(node.left) or _divides(node.right)
    return isinstance(node, ast.UnaryOp) and _divides(node.operand)


def _compute(node: ast.expr, values: Mapping[str, Floats]) -> Floats:
    if isinstance(node, ast.BinOp):
        left, right = _compute(node.left, values), _compute(node.right, values)
        return _OPERATIONS[type(node.op)](left, right)
    if isinstance(node, ast.UnaryOp):
        value = _compute(node.operand, values)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, int | float)
        return np.float64(node.value)  # type: ignore[return-value]
    name = _name(node)
    assert name is not None
    return values[name]


def _unreadable(text: str) -> InputError:
    return InputError(
        f"the count {text!r} can't be read: write the name of one, or an expression of names,"
        " numbers, + - * / and parentheses, such as likes / followers"
    )
