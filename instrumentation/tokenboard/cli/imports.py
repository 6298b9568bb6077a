"""``tokenboard import``: what coding agents have on file becomes a board."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tokenboard.cli.common import Trouble, say

if TYPE_CHECKING:
    from types import ModuleType

    from tokenboard.history.deliver import Outcome
    from tokenboard.history.turns import Tally, Turn

_MONTH: Final = 30


def _options(command: Any) -> Any:
    for option in reversed(
        [
            click.argument(
                "directory", required=False, type=click.Path(path_type=Path, file_okay=False)
            ),
            click.option("--user", help="Book it for this user.  [default: the login]"),
            click.option(
                "--data",
                envvar="TOKENBOARD_DATA",
                type=click.Path(path_type=Path, file_okay=False),
                help="The local stack's data directory, running or not.",
            ),
            click.option(
                "--endpoint",
                metavar="URL",
                help="Send it to a collector (OTLP over HTTP) instead, with the headers of "
                "OTEL_EXPORTER_OTLP_HEADERS.",
            ),
            click.option(
                "--erased",
                is_flag=True,
                help="Also calls of before the user's data were erased; else they stay gone.",
            ),
        ]
    ):
        command = option(command)
    return command


@click.group(name="import")
def import_() -> None:
    """Take in what coding agents have on file, each call once however often it is run.

    Nothing has to be set up or running; prompts and answers are not taken.
    """


@import_.command(name="claude-code")
@_options
def claude_code(
    directory: Path | None, user: str | None, data: Path | None, endpoint: str | None, erased: bool
) -> None:
    """Import Claude Code's sessions from DIRECTORY.

    By default those of $CLAUDE_CONFIG_DIR, else ~/.claude/projects.
    """
    from tokenboard.history import claude_code as agent

    _import(agent, "Claude Code", directory, user, data, endpoint, erased)


@import_.command()
@_options
def codex(
    directory: Path | None, user: str | None, data: Path | None, endpoint: str | None, erased: bool
) -> None:
    """Import Codex CLI's sessions from DIRECTORY.

    By default those of $CODEX_HOME, else ~/.codex/sessions.
    """
    from tokenboard.history import codex as agent

    _import(agent, "Codex", directory, user, data, endpoint, erased)


def _import(  # noqa: PLR0917 - passed on by the commands
    agent: ModuleType,
    title: str,
    directory: Path | None,
    user: str | None,
    data: Path | None,
    endpoint: str | None,
    erased: bool,
) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from tokenboard import store
    from tokenboard.cli.show import console
    from tokenboard.history import deliver
    from tokenboard.history.spans import Owner
    from tokenboard.history.turns import Hasher, Tally
    from tokenboard.local.lock import DataDirError

    if endpoint is not None and not endpoint.startswith(("http://", "https://")):
        raise Trouble(f"--endpoint {endpoint!r} is no address like http://collector:4318")
    files = _files(agent, title, directory)
    owner = Owner(user, "context") if user else Owner(_login(), "login")
    tally = Tally()
    sizes = {path: _size(path) for path in files}
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as progress:
        reading = progress.add_task(f"reading {len(files)} files", total=sum(sizes.values()))

        def read(size: int) -> None:
            progress.advance(reading, size)

        turns: list[Turn] = agent.turns(files, Hasher(_key(data)), tally, read)
        storing = progress.add_task("storing", total=len(turns))
        try:
            with deliver.opened(data, endpoint) as books:
                outcome = deliver.deliver(
                    turns,
                    agent.NAME,
                    owner,
                    books,
                    lambda count: progress.advance(storing, count),
                    books.keep(),
                    None if erased else books.erased(owner.user),
                )
                progress.add_task("bringing the board up to date", total=None)
                books.settle()
        except (deliver.DeliveryError, DataDirError, store.StoreError) as error:
            raise Trouble(str(error)) from error
    _report(turns, tally, outcome, owner.user, endpoint)


def _files(agent: ModuleType, title: str, directory: Path | None) -> list[Path]:
    from tokenboard.history.turns import session_files

    places: list[Path] = [directory] if directory else agent.directories()
    there = [place.expanduser() for place in places if place.expanduser().is_dir()]
    if not there:
        where = " or ".join(str(place) for place in places)
        raise Trouble(f"no sessions of {title}: there is no directory {where}; name it as argument")
    try:
        files = [path for place in there for path in session_files(place)]
    except OSError as error:
        raise Trouble(f"cannot read {error.filename}: {error.strerror}") from error
    if not files:
        raise Trouble(f"no sessions of {title} (*.jsonl) in {', '.join(map(str, there))}")
    return files


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _login() -> str:
    from tokenboard.attribution import login

    return login() or ""


def _key(data: Path | None) -> bytes:
    """Return the key of the hashes: the one of the settings, else one kept with the data.

    Raises:
        Trouble: it can be neither read nor written.
    """
    import os
    import secrets

    from tokenboard.local.engine import default_data_dir

    if chosen := os.environ.get("TOKENBOARD_HASH_KEY"):
        return chosen.encode()
    directory = (data or default_data_dir()).expanduser()
    path = directory / "history.key"
    try:
        if path.is_file() and (kept := path.read_bytes()):
            return kept
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = secrets.token_bytes(32)
        path.touch(0o600)
        path.write_bytes(made)
    except OSError as error:
        raise Trouble(f"cannot use the data directory {directory}: {error.strerror}") from error
    return made


def _report(
    turns: list[Turn], tally: Tally, outcome: Outcome, user: str, endpoint: str | None
) -> None:
    from tokenboard.cli import show
    from tokenboard.history.turns import MOST_TOKENS

    counts = [count or 0 for turn in turns for count in (turn.input, turn.output)]
    tokens = sum(count for count in counts if 0 <= count <= MOST_TOKENS)
    sessions = len({turn.session for turn in turns})
    click.echo(
        f"{len(turns):,} calls, {show.tokens(tokens)} tokens in {sessions:,} sessions "
        f"of {user or 'nobody'} in {tally.files:,} files: {outcome.sent:,} imported, "
        f"{outcome.there:,} were there already"
    )
    if turns:
        first, last = min(turn.began for turn in turns), max(turn.began for turn in turns)
        click.echo(f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}")
    if outcome.too_old:
        say(f"{outcome.too_old:,} calls are older than the books reach and were left out")
    if outcome.erased:
        say(
            f"{outcome.erased:,} calls are of before {user}'s data were erased and were left out: "
            "--erased takes them in again"
        )
    if tally.broken:
        say(f"{tally.broken:,} of {tally.lines:,} lines could not be read and were left out")
    for fault in tally.unreadable[:3]:
        say(f"not read: {fault}")
    if len(tally.unreadable) > 3:  # noqa: PLR2004 - as many as were shown
        say(f"and {len(tally.unreadable) - 3:,} more files")
    if endpoint is None:
        # the readers look back a month unless they are told otherwise
        age = (
            datetime.now(UTC) - min((turn.began for turn in turns), default=datetime.now(UTC))
        ).days
        since = f" --since {age + 1}d" if age >= _MONTH else ""
        click.echo(f"See it: tokenboard leaderboard{since}, tokenboard sessions{since}, or")
        click.echo("tokenboard up, and its page in the browser")
