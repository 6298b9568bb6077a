"""What is wrong with an installation, from the app's import to the last dashboard query.

Each check is a link of the road of a call, in order: the first that is broken is the one to mend.
Inside an app process, with what every app has installed::

    from tokenboard import doctor

    print(doctor.report(doctor.app()))

or ``python -m tokenboard.doctor`` in the app's environment. ``tokenboard doctor`` does the same
and goes on to the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

State = Literal["ok", "doubtful", "broken", "skipped"]


@dataclass(frozen=True, slots=True)
class Check:
    """One link, looked at.

    Attributes:
        name: the link.
        state: ``broken`` loses calls or figures; ``doubtful`` may be what is wanted; ``skipped``
            could not be looked at, ``said`` tells why.
        said: what was found, in one line.
        mend: what to do, in one line; empty when nothing.
    """

    name: str
    state: State
    said: str
    mend: str = ""


def app() -> list[Check]:
    """Look at the app's side: packages, settings, capture in this process, the collector."""
    from tokenboard.doctor import process

    return process.checks()


def first_broken(checks: Iterable[Check]) -> Check | None:
    """Return the first broken link, None when all hold."""
    return next((check for check in checks if check.state == "broken"), None)


def report(checks: Sequence[Check]) -> str:
    """Return the checks as lines, then the first broken link and its mend."""
    width = max(len(check.name) for check in checks)
    lines: list[str] = []
    for check in checks:
        lines.append(f"{check.state:<8}  {check.name:<{width}}  {check.said}")
        if check.mend and check.state in ("broken", "doubtful"):
            lines.append(f"{'':<8}  {'':<{width}}  → {check.mend}")
    broken = first_broken(checks)
    if broken is None:
        lines.append("nothing is broken")
    else:
        lines.append(f"the first broken link: {broken.name}: {broken.mend or broken.said}")
    return "\n".join(lines)
