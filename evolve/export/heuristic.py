"""The part of an exported module that was evolved: readable, and the same to the compiler."""

import ast
import re
import textwrap

from evolve.export.linker import Origin
from sandbox import Rejected, check_source

LINE = 120
BEGIN = "# The heuristic, as it was evolved."
END = "# End of the heuristic."
IMPORTS = {"math": Origin("math", ""), "np": Origin("numpy", "")}


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MATH = _names("acos acosh asin atanh cosh exp expm1 fmod ldexp log log10 log1p log2 pow sin cos tan sinh sqrt")
_NUMPY = frozenset(("argsort", "mean", "std", "sum", "var"))
_POWER = '''\
def raised(base, exponent):
    """Return base ** exponent."""
    return base**exponent


'''


def heuristic_in(text: str) -> str:
    """Return the heuristic that an exported module holds; any other text as it is."""
    found = re.search(rf"^{re.escape(BEGIN)}\n(.*?)^{re.escape(END)}$", text, re.MULTILINE | re.DOTALL)
    return found[1].strip("\n") + "\n" if found else text


def printed(source: str, entry: str) -> str:
    """Return a heuristic as it is printed: its own text where the static check changed nothing that counts.

    What the check rewrites for the compiler is printed as the compiler saw it, without comments.
    """
    try:
        checked = check_source(source, entry)
    except Rejected:
        return readable(_without_imports(source))
    own = _without_imports(source)
    same = _bare(own) == _bare(_without_imports(checked))
    return readable(_methods(_powers(own if same else _without_imports(checked))))


def functions_in(text: str) -> list[str]:
    """Return the names of the functions that a heuristic defines at the top."""
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]


def names_in(text: str) -> set[str]:
    """Return all names that a heuristic defines at the top."""
    stored = [node for item in ast.parse(text).body if isinstance(item, ast.Assign) for node in ast.walk(item)]
    return {*functions_in(text), *(node.id for node in stored if isinstance(node, ast.Name))}


def names_used(text: str) -> set[str]:
    """Return all names that a heuristic reads."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def differing(text: str) -> set[str]:
    """Return in what a heuristic is not the same to Python as to the compiler: of `math`, `np` and `raised`."""
    found = {"raised"} & set(functions_in(text))
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Attribute(ast.Name("math"), name) if name in _MATH:
                found.add("math")
            case ast.Attribute(ast.Name("np"), name) if name in _NUMPY:
                found.add("np")
    return found


def _without_imports(source: str) -> str:
    """Return a source without its imports at the top; the module has them."""
    lines = source.split("\n")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            for number in range(node.lineno - 1, node.end_lineno or node.lineno):
                lines[number] = ""
    return re.sub(r"\n{4,}", "\n\n\n", "\n".join(lines)).strip("\n") + "\n"


def _bare(source: str) -> str:
    """Return the tree of a source without docstrings, as text."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Module) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


def _powers(source: str) -> str:
    """Return a source in which powers that Python and compiled code see differently are calls of `raised`."""
    while True:
        found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.BinOp) and _is_delicate(node)]
        if not found:
            return source
        if "def raised(" not in source:
            source = _POWER + source
            continue
        inner = found[-1]
        both = [ast.get_source_segment(source, side) for side in (inner.left, inner.right)]
        source = _replaced(source, inner, f"raised({both[0]}, {both[1]})")


def _methods(source: str) -> str:
    """Return a source in which methods of arrays that NumPy and compiled code see differently are functions."""
    while True:
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(ast.Attribute(value, name)) if name in _NUMPY and not _is_module(value):
                    given = [ast.get_source_segment(source, each) for each in (value, *node.args)]
                    given += [ast.get_source_segment(source, each) for each in node.keywords]
                    source = _replaced(source, node, f"np.{name}({', '.join(map(str, given))})")
                    break
        else:
            return source


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in IMPORTS


def _is_delicate(node: ast.BinOp) -> bool:
    match node:
        case ast.BinOp(ast.Name("base"), ast.Pow(), ast.Name("exponent")):
            return False
        case ast.BinOp(_, ast.Pow(), ast.Constant(int()) | ast.UnaryOp(_, ast.Constant(int()))):
            return False
        case ast.BinOp(ast.Constant(), ast.Pow(), ast.Constant()):
            return False
        case ast.BinOp(_, ast.Pow(), _):
            return True
    return False


def _replaced(source: str, node: ast.expr, text: str) -> str:
    lines = [line.encode() for line in source.split("\n")]
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    head, tail = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    lines[first : last + 1] = [head + text.encode() + tail]
    return b"\n".join(lines).decode()


def readable(source: str) -> str:
    """Return source text with long parameter lists spread over lines that fit a page."""
    lines = []
    for line in source.split("\n"):
        simple = re.fullmatch(r"(def \w+)\(([\w, ]+)\):", line)
        if len(line) <= LINE or simple is None:
            lines.append(line)
            continue
        filled = textwrap.fill(simple[2], LINE - 4, initial_indent="    ", subsequent_indent="    ")
        lines += [f"{simple[1]}(", f"{filled},", "):"]
    return "\n".join(lines).rstrip() + "\n"
