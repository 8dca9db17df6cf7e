"""What an expression is: its kind, and the kinds that a numba signature gives to parameters and result."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

ORDER = ("bool", "int", "float")


@dataclass(frozen=True, slots=True)
class Kind:
    """A base, one of `ORDER`, and a number of dimensions, 0 for a scalar."""

    base: str
    ndim: int = 0


FLOAT, INT, BOOL = Kind("float"), Kind("int"), Kind("bool")

Scope = Mapping[str, Kind | None]
"""The names that are surely assigned, each with its kind; None where the kind is not known."""


def join(left: Kind | None, right: Kind | None) -> Kind | None:
    """Return the kind of an element-wise combination: the wider base, the larger number of dimensions."""
    if left is None or right is None:
        return None
    if left == right:
        return left
    return Kind(max(left.base, right.base, key=ORDER.index), max(left.ndim, right.ndim))


def fits(kind: Kind | None, wanted: Kind) -> bool:
    """Return whether an expression of a kind may stand where another is wanted: an integer serves as a float."""
    return kind is not None and (kind == wanted or (wanted.base == "float" and kind == Kind("int", wanted.ndim)))


def of_signature(signature: str) -> tuple[tuple[Kind | None, ...], Kind | None]:
    """Return the kinds of the parameters and of the result; None for a type that is neither scalar nor array.

    Args:
        signature: As numba reads it: "float64(int64, float64[:, ::1], Array(float64, 1, 'C', readonly=True))".
    """
    tree = ast.parse(signature.strip(), mode="eval").body
    if not isinstance(tree, ast.Call):
        raise ValueError(f"{signature!r} is not a signature: it lists no parameters")
    return tuple(of_type(argument) for argument in tree.args), of_type(tree.func)


def of_type(node: ast.expr) -> Kind | None:
    """Return the kind of a type as numba or NumPy write it, such as `float64[::1]` or `np.int64`."""
    match node:
        case ast.Name(id=text) | ast.Attribute(attr=text):
            prefixes = {"float": "float", "double": "float", "int": "int", "uint": "int", "bool": "bool"}
            bases = [base for prefix, base in prefixes.items() if text.startswith(prefix)]
            return Kind(bases[0]) if bases else None
        case ast.Subscript(value=element, slice=ast.Tuple(elts=axes)):
            return _array(element, len(axes))
        case ast.Subscript(value=element):
            return _array(element, 1)
        case ast.Call(
            func=ast.Name(id="Array") | ast.Attribute(attr="Array"), args=[element, ast.Constant(value=int(ndim)), *_]
        ):
            return _array(element, ndim)
    return None


def _array(element: ast.expr, ndim: int) -> Kind | None:
    kind = of_type(element)
    return kind and Kind(kind.base, ndim)
