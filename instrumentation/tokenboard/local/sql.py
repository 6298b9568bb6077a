"""What a query is allowed to be, judged on its tokens.

The engine's own ``readonly=1`` is not enough: under it the embedded engine still runs ``INTO
OUTFILE``, ``KILL QUERY``, several statements at once, ``USE`` and ``SET``, the ``file`` function
(also as ``* APPLY(file)`` and ``arrayMap(file, …)``), settings inside subqueries, and ``DESCRIBE``
of table functions. So a query is split as the engine's lexer splits it
(https://github.com/ClickHouse/ClickHouse/blob/master/src/Parsers/Lexer.cpp); whatever the two might
read differently (heredocs, typographic quotes, comments in comments) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import NoReturn

_TOKEN = re.compile(
    rb"""
      (?P<blank>  [ \t\n\r\f\v]+ | --[^\n]* | \#[ !][^\n]* | /\*.*?\*/ )
    | (?P<string> '(?:[^'\\]|\\.|'')*' )
    | (?P<quoted> `(?:[^`\\]|\\.|``)*` | "(?:[^"\\]|\\.|"")*" )
    | (?P<number> [0-9][0-9A-Za-z_]* )
    | (?P<word>   [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign>   [-+*/%=<>!,.:;()\[\]{}?|^~@&] )
    """,
    re.VERBOSE | re.DOTALL,
)

_READING = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"})
_WRITING = _READING | frozenset({
    "INSERT", "CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME", "EXCHANGE", "OPTIMIZE", "DELETE",
    "UPDATE",
})  # fmt: skip

# Table functions that only compute; the others read the machine, the network or Python's memory.
SAFE_TABLE_FUNCTIONS = frozenset({
    "numbers", "numbers_mt", "generateseries", "generate_series", "zeros", "zeros_mt", "values",
    "sqlstandardvalues", "view", "null",
    # Also the name of an ordinary function; the table function needs more than readonly=1 allows.
    "format",
})  # fmt: skip


class RefusedError(Exception):
    """The query is not allowed; ``code`` and ``name`` are ClickHouse's for such a refusal."""

    def __init__(self, message: str, code: int = 164, name: str = "READONLY") -> None:
        super().__init__(message)
        self.code = code
        self.name = name


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query: its kind, its text (quotes removed from names), where it ends."""

    kind: str
    text: str
    end: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A query that may run.

    Attributes:
        verb: its first word, upper-case.
        format: the FORMAT it names for its result (for INSERT: of its data), None without one.
        sql: the text to run; for an INSERT with data, without FORMAT and data.
        data: what follows ``INSERT … FORMAT name``, None if the statement is not of that form.
        writes: whether it changes anything.
    """

    verb: str
    format: str | None
    sql: bytes
    data: bytes | None
    writes: bool


def read(query: bytes, *, forbidden: Forbidden, writable: bool = False) -> Statement:
    """Judge a query.

    Args:
        query: the text as it came; for INSERT the data may follow.
        forbidden: functions that must not be used, see :func:`forbidden_names`.
        writable: also let statements through that change something.

    Raises:
        RefusedError: it is not allowed, or cannot be read with certainty.
    """
    tokens = _tokens(query)
    opening: list[Token] = []
    for token in tokens:
        opening.append(token)
        if token.text != "(":
            break
    if not opening or opening[-1].kind != "word":
        raise RefusedError("Empty or unreadable query", 62, "SYNTAX_ERROR")
    verb = opening[-1].text.upper()
    if verb not in (_WRITING if writable else _READING):
        allowed = ", ".join(sorted(_READING))
        raise RefusedError(
            f"{verb} is not available here: this port only reads ({allowed})"
            if not writable
            else f"{verb} is not available over this port"
        )
    if verb == "INSERT" and len(opening) == 1:
        return _insert(query, opening, tokens, forbidden)
    rest = [*opening, *tokens]
    ends = [place for place, token in enumerate(rest) if token.text == ";" and token.kind == "sign"]
    if ends:
        if ends[0] != len(rest) - len(ends):
            raise RefusedError("Multi-statements are not allowed", 62, "SYNTAX_ERROR")
        query = query[: rest[ends[0]].end - 1]
        del rest[ends[0] :]
    _check(rest, forbidden, verb=verb, writable=writable)
    return Statement(verb, _format(rest), query, None, verb not in _READING)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Lower-case names of functions that reach outside the data.

    Attributes:
        called: must not be called; as names of columns they are harmless.
        anywhere: must not appear at all, because functions can be handed over by name
            (``* APPLY(file)``, ``arrayMap(file, …)``), also under an alias.
    """

    called: frozenset[str]
    anywhere: frozenset[str]


def forbidden_names(table_functions: Iterable[str]) -> Forbidden:
    """Return what no query may use, given the names of the engine's table functions."""
    # `file` as an ordinary function reads any file; the ai… ones call out with stored credentials.
    talking = [
        "classify",
        "embed",
        "extract",
        "filter",
        "generate",
        "redact",
        "similarity",
        "translate",
    ]
    return Forbidden(
        frozenset({name.lower() for name in table_functions} - SAFE_TABLE_FUNCTIONS),
        frozenset({"file", "hascolumnintable", *(f"ai{what}" for what in talking)}),
    )


def _tokens(query: bytes) -> Iterator[Token]:
    place = 0
    while place < len(query):
        found = _TOKEN.match(query, place)
        if found is None:
            _unreadable(query, place)
        place = found.end()
        kind = found.lastgroup or ""
        raw = found[0]
        if kind == "blank":
            if raw.startswith(b"/*") and b"/*" in raw[2:]:
                raise RefusedError("Comments inside comments are not allowed", 62, "SYNTAX_ERROR")
            continue
        if kind == "quoted":
            if b"\\" in raw:
                raise RefusedError("Quoted names with a backslash are not allowed")
            raw = raw[1:-1]
        yield Token(kind, raw.decode("utf-8", "replace"), place)


def _unreadable(query: bytes, place: int) -> NoReturn:
    rest = query[place : place + 12].decode("utf-8", "replace")
    character = rest[:1]
    if character in "'\"`" or rest.startswith("/*"):
        message = f"A quote or comment is not closed: {rest!r}"
    elif character == "$":
        message = "Heredocs ($) are not allowed; write '…'"
    else:
        message = f"Unrecognized token at position {place + 1}: {character!r} must stand in quotes"
    raise RefusedError(message, 62, "SYNTAX_ERROR")


def _check(tokens: list[Token], forbidden: Forbidden, *, verb: str, writable: bool) -> None:
    for place, token in enumerate(tokens):
        if token.kind not in ("word", "quoted"):
            if verb == "EXISTS" and token.text == "{":
                raise RefusedError("EXISTS takes no parameters here")
            continue
        before = tokens[place - 1].text if place else ""
        after = tokens[place + 1].text if place + 1 < len(tokens) else ""
        name = token.text.lower()
        if before != "." and (
            name in forbidden.anywhere or (after == "(" and name in forbidden.called)
        ):
            raise RefusedError(
                f"{token.text} is not available here: it reads files, the network or memory"
            )
        if name == "default" and after == "." and before != ".":
            # In the embedded engine every file of the machine is a "table" of this database.
            raise RefusedError("The database default is not available here")
        if token.kind == "quoted" or before == ".":
            continue
        word = token.text.upper()
        if word in ("OUTFILE", "INFILE"):
            raise RefusedError(f"{word} is not allowed: no query reads or writes files")
        if not writable:
            _check_reading(tokens, place, word)


def _check_reading(tokens: list[Token], place: int, word: str) -> None:
    if word == "SETTINGS" and [token.kind for token in tokens[place + 1 : place + 3]] == [
        "word",
        "sign",
    ]:
        if tokens[place + 2].text == "=":
            raise RefusedError("SETTINGS cannot be changed over a read-only port")
    elif word == "INSERT" and place + 1 < len(tokens) and tokens[place + 1].text.upper() == "INTO":
        raise RefusedError("INSERT is not available here: this port only reads")


def _format(tokens: list[Token]) -> str | None:
    depth, found = 0, None
    for token, following in pairwise(tokens):
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        elif (
            depth == 0
            and token.kind == "word"
            and token.text.upper() == "FORMAT"
            and following.kind == "word"
        ):
            found = following.text
    return found


def _insert(
    query: bytes, opening: list[Token], tokens: Iterator[Token], forbidden: Forbidden
) -> Statement:
    """Read an INSERT up to its data, which need not be text."""
    seen = list(opening)
    depth = 0
    for token in tokens:
        seen.append(token)
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        if depth or token.kind != "word":
            continue
        word = token.text.upper()
        if word == "FORMAT":
            start = token.end - len("FORMAT")
            name = next(tokens, None)
            if name is None or name.kind != "word":
                raise RefusedError("FORMAT lacks a name", 62, "SYNTAX_ERROR")
            _check(seen, forbidden, verb="INSERT", writable=True)
            if name.text.upper() == "VALUES":
                return Statement("INSERT", None, query, None, writes=True)
            data = query[name.end :]
            # The data begin after the line or the blanks that follow the name.
            data = data.removeprefix(b" ").removeprefix(b"\r").removeprefix(b"\n")
            return Statement("INSERT", name.text, query[:start], data, writes=True)
        if word in ("VALUES", "SELECT", "WITH"):
            seen += tokens
            semicolons = [token for token in seen if token.text == ";" and token.kind == "sign"]
            if semicolons and seen[-1] is not semicolons[0]:
                raise RefusedError("Multi-statements are not allowed", 62, "SYNTAX_ERROR")
            _check(seen, forbidden, verb="INSERT", writable=True)
            return Statement("INSERT", None, query, None, writes=True)
    raise RefusedError("An INSERT lacks its data: FORMAT, VALUES or SELECT", 62, "SYNTAX_ERROR")
