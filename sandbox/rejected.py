"""Why a source is refused."""

import ast


class Rejected(ValueError):
    """A source outside the language of heuristics; the message goes into the next prompt.

    Attributes:
        line: Where, or 0 if it is about the whole text.
        construct: What is not available, in a few words.
        advice: What to write instead.
    """

    def __init__(self, line: int, construct: str, advice: str) -> None:
        self.line = line
        self.construct = construct
        self.advice = advice
        place = f"line {line}: " if line else ""
        super().__init__(f"{place}{construct}; {advice}")


def rejected(node: ast.AST, construct: str, advice: str) -> Rejected:
    """Return the refusal of a node of the tree."""
    return Rejected(getattr(node, "lineno", 0), construct, advice)
