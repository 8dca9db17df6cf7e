"""From a model's answer to an idea and a source text."""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent

from evolve.candidate import Flaw
from evolve.llm.base import Answer, Ending
from evolve.proposers.llm.quoting import one_line
from sandbox import trees
from sandbox.source import MOST_CHARACTERS, MOST_LINES

LONGEST_IDEA = 240
MOST_ABOVE = 30
"""How many lines before a function without a fence may belong to it."""
MOST_CUTS = 8
"""How often what follows code without a fence is cut off where the parser stops."""

_THOUGHT_TAG = re.compile(r"<(?P<end>/?)(?:think|thinking|thought|reasoning|analysis)>", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`~]*)$")
_FENCE_AFTER_TEXT = re.compile(r"^[^`~]+(?P<mark>`{3,}|~{3,})[ \t]*(?:python|py)\d*[ \t]*$", re.IGNORECASE)
_LANGUAGE = re.compile(r"[ \t]*(?:python|py)\d*[ \t]*", re.IGNORECASE)
_IDEA = re.compile(r"^[\W\d_]{0,12}idea[^\w\n]{0,8}?(?:[:：](?P<text>.*)|$)", re.IGNORECASE)
_CODE_LINE = re.compile(r"\s*$|\s+\S|[)\]}@#]|(?:def|import|from)\s|[A-Za-z_]\w*\s*(?::[^=]*)?=[^=]")


@dataclass(frozen=True, slots=True)
class Heuristic:
    """What an answer proposes.

    Attributes:
        source: Text that parses as Python and defines a function.
        idea: One line; empty if the answer has none.
    """

    source: str
    idea: str


@dataclass(frozen=True, slots=True)
class _Block:
    """A fenced part of an answer; lines from `first` up to `last`, the fences included."""

    first: int
    last: int
    code: str
    closed: bool


def read(answer: Answer, entry: str) -> Heuristic | Flaw:
    """Return what an answer proposes, or why it proposes nothing.

    Of an answer that was cut off, code is used only if it stands in a block that was closed before the cut, defines the
    function, and no other block was begun after it.

    Args:
        entry: The name of the function that is asked for.
    """
    match answer.ending:
        case Ending.REFUSED:
            return Flaw("refused", f"the answer was refused: {one_line(answer.detail) or 'no reason was given'}")
        case Ending.MALFORMED:
            return Flaw("malformed answer", f"the answer had another form: {one_line(answer.detail) or 'no text'}")
        case Ending.CUT_OFF:
            return _before_the_cut(_plain(answer.text), entry) or Flaw(
                "answer cut off", "the answer reached the limit on its length before the code was complete; be brief"
            )
    return _wrapped(_plain(answer.text), entry) or _proposed(_plain(answer.text), entry)


def _plain(text: str) -> str:
    """Return a text with plain line ends and without what stands in thinking tags, unless that is all there is."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\ufeff", "")
    said, start, thinking = "", 0, False
    for tag in _THOUGHT_TAG.finditer(text):
        if not tag["end"] and not thinking:
            said += f"{text[start : tag.start()]}\n"
            start, thinking = tag.end(), True
        elif tag["end"]:
            said = said if thinking else ""  # some servers leave the opening tag out
            start, thinking = tag.end(), False
    said += text[start:]
    return _THOUGHT_TAG.sub("\n", said if said.strip() else text)


def _before_the_cut(text: str, entry: str) -> Heuristic | None:
    lines = text.split("\n")
    blocks = list(_blocks(lines))
    if not blocks or not blocks[-1].closed or not _defines(blocks[-1].code, entry):
        return None
    return Heuristic(blocks[-1].code, _idea(lines, blocks, blocks[-1]))


def _proposed(text: str, entry: str) -> Heuristic | Flaw:
    lines = text.split("\n")
    blocks = list(_blocks(lines))
    for named in (entry, ""):
        for block in reversed(blocks):
            if _defines(block.code, named):
                return Heuristic(block.code, _idea(lines, blocks, block))
        if code := _unfenced(lines, named):
            return Heuristic(code, _idea(lines, blocks, None))
    if error := next(filter(None, (_syntax_error(block.code) for block in reversed(blocks))), ""):
        return Flaw("malformed answer", f"the code in the answer is not valid Python: {error}")
    if any("def " in block.code and _too_long(block.code) for block in blocks):
        limit = f"{MOST_CHARACTERS} characters or {MOST_LINES} lines"
        return Flaw("code too long", f"the code in the answer is longer than {limit}")
    return Flaw("no code in the answer", f"the answer holds no code block that defines the function {one_line(entry)}")


def _wrapped(text: str, entry: str) -> Heuristic | Flaw | None:
    """Return what an answer in JSON proposes; None if it is none."""
    lines = text.split("\n")
    for part in [text, *(block.code for block in _blocks(lines))]:
        if not part.lstrip().startswith("{"):
            continue
        try:
            table = json.loads(part, strict=False)
        except (ValueError, RecursionError):
            continue
        if isinstance(table, dict) and isinstance(code := table.get("code"), str):
            inner = _proposed(_plain(code), entry)
            idea = table.get("idea")
            if isinstance(inner, Heuristic) and isinstance(idea, str):
                return Heuristic(inner.source, one_line(idea, LONGEST_IDEA))
            return inner
    return None


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """Yield the fenced parts in order; an unclosed one reaches to the end, or to the next that names its language."""
    first = 0
    while first < len(lines):
        opening = _FENCE.match(lines[first]) or _FENCE_AFTER_TEXT.match(lines[first])
        last, inside, closed = first + 1, [], False
        while opening and last < len(lines) and not closed and not _opens_another(lines[last]):
            before, closed = _until(lines[last], opening["mark"])
            inside.append(before)
            last += 1
        if opening:
            yield _Block(first, last, _tidy(inside), closed)
        first = last


def _opens_another(line: str) -> bool:
    opening = _FENCE.match(line)
    return bool(opening and _LANGUAGE.fullmatch(opening["info"]))


def _until(line: str, mark: str) -> tuple[str, bool]:
    """Return what a line holds before a closing fence, and whether there is one; it may follow code on its line."""
    stripped = line.rstrip()
    bare = stripped.rstrip(mark[0])
    if len(stripped) - len(bare) >= len(mark):
        return bare, True
    return line, False


def _tidy(lines: Iterable[str]) -> str:
    kept = list(lines)
    while kept and not kept[0].strip():
        del kept[0]
    if kept and _LANGUAGE.fullmatch(kept[0]):
        del kept[0]
    return dedent("\n".join(kept)).strip("\n").rstrip() + "\n"


def _unfenced(lines: Sequence[str], entry: str) -> str:
    """Return code that stands in the answer without a fence; empty if there is none."""
    name = re.escape(entry) if entry else r"[A-Za-z_]\w*"
    pattern = re.compile(rf"\s*def\s+{name}\b")
    starts = [number for number, line in enumerate(lines) if pattern.match(line)]
    for start in reversed(starts[-3:]):
        margin = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
        shifted = [line.removeprefix(margin) for line in lines]
        above, end = start, start + 1
        while above > 0 and start - above < MOST_ABOVE and _CODE_LINE.match(shifted[above - 1]):
            above -= 1
        while end < len(lines) and _CODE_LINE.match(shifted[end]):
            end += 1
        for begin in dict.fromkeys((above, start)):
            if code := _whole(shifted[begin:end], entry):
                return code
    return ""


def _whole(lines: Sequence[str], entry: str) -> str:
    """Return the longest beginning that defines the function: what does not parse is cut where the parser stops."""
    for _ in range(MOST_CUTS):
        text = _tidy(lines)
        if len(text) > MOST_CHARACTERS or text.count("\n") > MOST_LINES or not text.strip():
            return ""
        try:
            tree = trees.parse(text)
        except SyntaxError as error:
            lines = lines[: min(max((error.lineno or 1) - 1, 0), len(lines) - 1)]
        except (ValueError, RecursionError, MemoryError):
            return ""
        else:
            functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
            return text if (entry in functions if entry else functions) else ""
    return ""


def _defines(code: str, entry: str) -> bool:
    """Return whether a text parses as Python and defines a function of that name, or any function if it is empty."""
    tree = _tree(code)
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] if tree is not None else []
    return entry in functions if entry else bool(functions)


def _tree(code: str) -> ast.Module | None:
    try:
        return None if _too_long(code) else trees.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _too_long(code: str) -> bool:
    """Return whether a text is longer than any heuristic may be, so that nothing needs to be known about it."""
    return len(code) > MOST_CHARACTERS or code.count("\n") > MOST_LINES


def _syntax_error(code: str) -> str:
    """Return what is wrong with code that does not parse and looks as if it were to define a function."""
    if "def " not in code or _too_long(code):
        return ""
    try:
        trees.parse(code)
    except SyntaxError as error:
        return one_line(f"line {error.lineno}: {error.msg}" if error.lineno else error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return one_line(str(error)) or "it is nested too deeply"
    return ""


def _idea(lines: Sequence[str], blocks: Sequence[_Block], chosen: _Block | None) -> str:
    """Return the idea nearest before the code, else the last one of the answer."""
    inside = {number for block in blocks for number in range(block.first, block.last)}
    end = chosen.first if chosen else len(lines)
    found = [
        (number < end, number, match["text"] or "")
        for number, line in enumerate(lines)
        if number not in inside and (match := _IDEA.match(line))
    ]
    if not found:
        return ""
    _, number, text = max(found)
    if not text.strip("*_` "):  # a heading: the idea is the next line, unless code follows at once
        below = next((k for k in range(number + 1, len(lines)) if lines[k].strip()), end)
        text = "" if below in inside or below == len(lines) else lines[below]
    return one_line(text.replace("**", "").strip(" *_`"), LONGEST_IDEA)
