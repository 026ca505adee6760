"""The simple part of XLSForm's expressions, as conditions and bounds of a flow; the rest is said to be too much."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Guard = dict[str, object]


class TooMuch(Exception):
    """The expression says more than a flow can; holds in words what that is."""


@dataclass(frozen=True, slots=True)
class Known:
    """An earlier question an expression may ask about: its id, its codes by XLSForm name; None for a number."""

    id: str
    codes: Mapping[str, str] | None


_TOKEN = re.compile(
    r"""\s*(?:(?P<ref>\$\{\s*(?P<name>[^}\s]+)\s*\}|\.\./(?P<beside>[\w.-]+))
    |(?P<text>'[^']*'|"[^"]*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<op><=|>=|!=|=|<|>)
    |(?P<word>[A-Za-z][\w-]*)|(?P<mark>[(),.]))""",
    re.VERBOSE,
)
_WHOLE = re.compile("-?[0-9]{1,15}")
_LONG = "it is very long"
_BOUNDS = "it is more than a lowest and a highest whole number"
_SWAPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
Token = tuple[str, str]


def condition(expression: str, known: Mapping[str, Known]) -> Guard:
    """`expression` of a `relevant` column as the data of a `when:`; `known` holds the earlier questions by name.

    Raises:
        TooMuch: it asks for more than a flow can.
    """
    return _Reader(_tokens(expression), known).all()


def bounds(expression: str) -> tuple[int | None, int | None]:
    """The lowest and the highest whole number that `expression` of a `constraint` column lets through.

    Raises:
        TooMuch: it is more than bounds.
    """
    tokens = [token for token in _tokens(expression) if token[1] not in {"(", ")"}]
    least: int | None = None
    most: int | None = None
    while tokens:
        (kind, left), (_, op), (other, right), tokens = *_three(tokens), tokens[3:]
        if (kind, left) != ("mark", "."):
            (kind, left), (other, right), op = (other, right), (kind, left), _SWAPPED.get(op, op)
        whole = other == "number" and _WHOLE.fullmatch(right)
        if (kind, left) != ("mark", ".") or not whole or op not in {"<", ">", "<=", ">="}:
            raise TooMuch(_BOUNDS)
        bound = int(right) + {"<": -1, ">": 1}.get(op, 0)
        if op in {">", ">="}:
            least = bound if least is None else max(least, bound)
        else:
            most = bound if most is None else min(most, bound)
        if tokens and tokens.pop(0) != ("word", "and"):
            raise TooMuch(_BOUNDS)
    return least, most


def _three(tokens: list[Token]) -> tuple[Token, Token, Token]:
    if len(tokens) < 3:
        raise TooMuch(_BOUNDS)
    return tokens[0], tokens[1], tokens[2]


def _tokens(expression: str) -> list[Token]:
    found: list[Token] = []
    place, end = 0, len(expression.rstrip())
    while place < end:
        match = _TOKEN.match(expression, place)
        if match is None:
            raise _odd(expression[place : place + 12].strip())
        kind = match.lastgroup if match.lastgroup not in {"name", "beside"} else "ref"
        name = match["name"] or match["beside"]
        found.append(("ref", name) if name else (str(kind), match[str(kind)]))
        place = match.end()
    return found


def _odd(word: str) -> TooMuch:
    return TooMuch(f"`{word}` is not known here" if word else "it ends too soon")


class _Reader:
    """Reads "or" of "and" of comparisons, deep enough for what people write by hand."""

    def __init__(self, tokens: list[Token], known: Mapping[str, Known]) -> None:
        self._tokens, self._place, self._known = tokens, 0, known
        if len(tokens) > 100:
            raise TooMuch(_LONG)

    def all(self) -> Guard:
        guard = self._joined("or", "any", lambda: self._joined("and", "both", self._one))
        if self._place < len(self._tokens):
            raise _odd(self._tokens[self._place][1])
        return guard

    def _joined(self, word: str, key: str, part: Callable[[], Guard]) -> Guard:
        parts = [part()]
        while self._peek() == ("word", word):
            self._take()
            parts.append(part())
        return parts[0] if len(parts) == 1 else {key: parts}

    def _one(self) -> Guard:
        match self._take():
            case "mark", "(":
                return self._closed()
            case "word", "not":
                self._must("(")
                return {"not": self._closed()}
            case "word", "selected":
                self._must("(")
                question = self._question(self._take())
                self._must(",")
                guard = self._equal(question, self._take())
                self._must(")")
                return guard
            case left:
                return self._compared(left, self._take(), self._take())

    def _closed(self) -> Guard:
        guard = self._joined("or", "any", lambda: self._joined("and", "both", self._one))
        self._must(")")
        return guard

    def _compared(self, left: Token, middle: Token, right: Token) -> Guard:
        kind, op = middle
        if kind != "op":
            raise _odd(middle[1])
        if left[0] != "ref":
            left, right, op = right, left, _SWAPPED[op]
        question = self._question(left)
        if op == "=":
            return self._equal(question, right)
        if op == "!=":
            return {"not": self._equal(question, right)}
        number = self._number(question, right)
        if op in {"<", "<="}:
            return {"answer": question.id, "at_most": number - (op == "<")}
        return {"answer": question.id, "at_least": number + (op == ">")}

    def _question(self, token: Token) -> Known:
        kind, name = token
        if kind != "ref":
            raise _odd(name)
        if name not in self._known:
            problem = f"`{name}` is no earlier question with buttons or a number that could be carried"
            raise TooMuch(problem)
        return self._known[name]

    def _equal(self, question: Known, token: Token) -> Guard:
        kind, raw = token
        if question.codes is None:
            number = self._number(question, token)
            least: Guard = {"answer": question.id, "at_least": number}
            return {"both": [least, {"answer": question.id, "at_most": number}]}
        code = question.codes.get(raw.strip("'\""))
        if kind not in {"text", "number"} or code is None:
            problem = f"{raw} is no answer to `{question.id}`"
            raise TooMuch(problem)
        return {"answer": question.id, "is": code}

    def _number(self, question: Known, token: Token) -> int:
        raw = token[1].strip("'\"")
        if question.codes is not None or not _WHOLE.fullmatch(raw):
            problem = f"`{question.id}` and {token[1]} are not two whole numbers to compare"
            raise TooMuch(problem)
        return int(raw)

    def _peek(self) -> Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else ("end", "")

    def _take(self) -> Token:
        token = self._peek()
        self._place += 1
        return token

    def _must(self, mark: str) -> None:
        if (found := self._take()[1]) != mark:
            raise _odd(found)
