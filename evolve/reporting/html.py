"""HTML text in which nothing from outside is markup."""

import io
import keyword
import tokenize
from collections.abc import Sequence

from evolve.render import plain
from evolve.reporting.svg import Drawing, escaped

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""The page may load nothing and run nothing, whatever it holds."""
STYLE = """
:root { --ink: #23272e; --muted: #666c75; --line: #dfe3e8; --blue: #2b7bba; --good: #1a7f4b; --bad: #b3352a; }
* { box-sizing: border-box; }
body { font: 15px/1.55 system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; color: var(--ink); background: #fff;
  max-width: 940px; margin: 32px auto 64px; padding: 0 24px; }
h1 { font-size: 27px; line-height: 1.25; margin: 0 0 2px; }
h2 { font-size: 19px; margin: 44px 0 8px; padding-top: 12px; border-top: 1px solid var(--line); }
h3 { font-size: 15px; margin: 24px 0 6px; }
p { margin: 6px 0 12px; max-width: 76ch; }
.under, .note, figcaption, caption { color: var(--muted); font-size: 13.5px; }
.verdict { border-left: 5px solid var(--muted); background: #f5f7f9; padding: 12px 18px; margin: 18px 0;
  font-size: 17px; }
.verdict.better { border-color: var(--good); } .verdict.worse { border-color: var(--bad); }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin: 18px 0; }
.tile { flex: 1 1 120px; border: 1px solid var(--line); border-radius: 6px; padding: 8px 12px; }
.tile b { display: block; font-size: 20px; font-weight: 600; white-space: nowrap; }
.tile span { color: var(--muted); font-size: 12.5px; }
table { border-collapse: collapse; font-size: 13px; margin: 10px 0 16px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; border-bottom: 1.5px solid var(--ink); }
th, td { padding: 3px 11px 3px 0; vertical-align: top; }
th { white-space: nowrap; }
td.t { overflow-wrap: anywhere; min-width: 12em; }
td { border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; white-space: nowrap; }
td.w { white-space: nowrap; }
tr.mine td { font-weight: 600; color: var(--blue); }
.better { color: var(--good); font-weight: 600; } .worse { color: var(--bad); font-weight: 600; }
p.verdict { color: var(--ink); font-weight: 400; max-width: none; }
pre { font: 12.5px/1.5 ui-monospace, 'SF Mono', Consolas, 'DejaVu Sans Mono', monospace; background: #f6f8fa;
  border: 1px solid var(--line); border-radius: 6px; padding: 12px 14px; white-space: pre-wrap;
  overflow-wrap: anywhere; }
pre .k { color: #0f5fa6; } pre .c { color: #6a737d; } pre .m { color: #9a4a00; }
pre ins { color: var(--good); text-decoration: none; } pre del { color: var(--bad); text-decoration: none; }
figure { margin: 10px 0 18px; } figure svg { max-width: 100%; height: auto; }
footer { margin-top: 48px; color: var(--muted); font-size: 12.5px; border-top: 1px solid var(--line);
  padding-top: 10px; }
@page { margin: 16mm 14mm; }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt; }
  table { font-size: 7.4pt; } th, td { padding-right: 6px; } td.t { min-width: 9em; }
  .verdict { font-size: 11pt; } .tile b { font-size: 12pt; } pre { font-size: 8pt; }
  h2, h3 { break-after: avoid; } figure, tr, .verdict, .tiles { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> Html:
    """Return a text as HTML; what looks like markup is shown as it is, unless it is HTML of ours."""
    return value if isinstance(value, Html) else Html(escaped(value))


def tag(name: str, inner: str, css: str = "") -> Html:
    """Return an element with a text or with HTML in it."""
    return Html(f'<{name} class="{css}">{text(inner)}</{name}>' if css else f"<{name}>{text(inner)}</{name}>")


def joined(*parts: str) -> Html:
    """Return parts one after the other."""
    return Html("\n".join(text(part) for part in parts if part))


def section(title: str, *parts: str) -> Html:
    """Return a part of the page with its heading."""
    return joined(tag("h2", title), *parts)


def figure(drawing: Drawing, caption: str = "") -> Html:
    """Return a picture with what is to be said about it."""
    return tag("figure", joined(Html(str(drawing)), tag("figcaption", caption) if caption else ""))


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: str, mine: int | None = None) -> Html:
    """Return a table.

    Args:
        columns: Headings.
        rows: Cells; verdicts are coloured.
        numbers: For each column "n" for numbers, which are set flush right, "w" for words that stay in one line, "t"
            for text from outside, which may have no space in it, or "-" for text.
        mine: Index of the row that is set off.
    """
    css = ["" if kind == "-" else kind for kind in numbers]
    head = tag("tr", joined(*(tag("th", name, kind) for name, kind in zip(columns, css, strict=True))))
    body = []
    for index, row in enumerate(rows):
        cells = joined(*(tag("td", _cell(cell, kind), kind) for cell, kind in zip(row, css, strict=True)))
        body.append(tag("tr", cells, "mine" if index == mine else ""))
    return tag("table", joined(tag("thead", head), tag("tbody", joined(*body))))


def minus(numbers: str) -> str:
    """Return numbers with a minus sign where they have a hyphen."""
    return numbers.replace("-", "\N{MINUS SIGN}")


def _cell(cell: str, kind: str) -> Html:
    """Return a cell; a verdict has its colour."""
    if kind == "n":
        return text(minus(cell))
    good, bad = ("better", "needed"), ("worse", "harmful")
    return tag("span", cell, "better" if cell in good else "worse") if cell in (*good, *bad) else text(cell)


def tiles(values: Sequence[tuple[str, str]]) -> Html:
    """Return figures side by side, each with what it is."""
    return tag("div", joined(*(tag("div", joined(tag("b", what), tag("span", name)), "tile") for what, name in values)),
               "tiles")  # fmt: skip


def code(source: str) -> Html:
    """Return Python source with its keywords, numbers and comments coloured."""
    try:
        return tag("pre", Html("".join(_tokens(plain(source).rstrip() + "\n"))))
    except (tokenize.TokenError, SyntaxError):
        return tag("pre", source)


def _tokens(source: str) -> list[str]:
    parts: list[str] = []
    lines, at = [f"{line}\n" for line in source.removesuffix("\n").split("\n")], (1, 0)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER):
            continue
        parts.append(text(_between(lines, at, token.start)))
        kind = {tokenize.NUMBER: "m", tokenize.COMMENT: "c", tokenize.STRING: "m"}.get(token.type, "")
        kind = "k" if token.type == tokenize.NAME and keyword.iskeyword(token.string) else kind
        parts.append(tag("span", token.string, kind) if kind else text(token.string))
        at = token.end
    parts.append(text(_between(lines, at, (len(lines) + 1, 0))))
    return parts


def _between(lines: Sequence[str], begin: tuple[int, int], end: tuple[int, int]) -> str:
    """Return the text from one place to another; lines count from 1, columns from 0."""
    if begin[0] == end[0]:
        return lines[begin[0] - 1][begin[1] : end[1]]
    inner = lines[begin[0] : end[0] - 1]
    last = lines[end[0] - 1][: end[1]] if end[0] <= len(lines) else ""
    return lines[begin[0] - 1][begin[1] :] + "".join(inner) + last


def difference(lines: Sequence[str]) -> Html:
    """Return the lines of a unified diff, what came and what went coloured."""
    names = {"+": "ins", "-": "del"}
    told = [tag(names[line[0]], line) if line[:1] in names else text(line) for line in lines]
    return tag("pre", Html("\n".join(told)))


def page(title: str, body: str) -> str:
    """Return a whole page that needs nothing else."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{text(body)}\n</body>\n</html>\n"
    )
