"""``tokenboard people``: who is who, and what is one person's."""

from __future__ import annotations

from pathlib import Path

import click

from tokenboard.cli import common, show, writing
from tokenboard.cli.common import Trouble


@click.group()
def people() -> None:
    """Who is who on the board; one person's data."""


@people.command("import")
@writing.csv_file
@writing.writing
def import_people(place: writing.Place, file: Path) -> None:
    """Take over people and their names from a CSV file.

    Its first line names the columns, all but person_id optional: person_id, display_name, team,
    listing (named, pseudonym, hidden), pseudonym, email, login, claude_account, codex_account, and
    aliases (kind=value; kind=value). The names are those that stand in user.id: history goes with
    them. What the file leaves out stays as it is; a file with a fault changes nothing.
    """
    from tokenboard import store
    from tokenboard.store import people as persons

    with place.open() as client, writing.sheet_errors(file):
        done = persons.import_people(client, file, place.database)
        store.refresh(client, place.database)
    click.echo(f"people: {done.people} taken over, {done.added} aliases added")
    for one in done.moved:
        click.echo(f"moved: {one.value} ({one.kind}) is {one.person_id} now, history included")


@people.command("list")
@common.reading
def list_people(reader: common.Reader) -> None:
    """Everybody whom the table people lists, with their aliases.

    For who manages people: it shows ids and names beside pseudonyms, of hidden people too. What
    others should see is on the board and in the reading commands.
    """
    query = (
        "SELECT p.person_id AS person_id, display_name, team, listing, pseudonym, "
        "a.aliases AS aliases FROM (SELECT * FROM people FINAL) AS p LEFT JOIN "
        "(SELECT person_id, arraySort(groupArray(concat(kind, '=', value))) AS aliases "
        "FROM aliases FINAL WHERE person_id != '' GROUP BY person_id) AS a "
        "ON a.person_id = p.person_id ORDER BY p.person_id"
    )
    with reader.books() as client:
        rows = common.run(client, query)
    nothing = "Nobody is listed: tokenboard people import FILE (tokenboard people import -h)"
    if not reader.wants_table(rows, nothing):
        return
    table = show.columns("People", ("person", "name", "team", "listing", "aliases"))
    for row in rows:
        mask = f" ({row['pseudonym']})" if row["listing"] == "pseudonym" else ""
        table.add_row(
            show.plain(row["person_id"]), show.plain(row["display_name"]), show.plain(row["team"]),
            show.plain(row["listing"] + mask), show.plain("; ".join(row["aliases"])),
        )  # fmt: skip
    show.console().print(table)


@people.command()
@click.argument("person")
@click.argument("value")
@click.option("--kind", default="other", show_default=True, help="email, login, claude_account …")
@click.option("--remove", is_flag=True, help="Take the name away from the person instead.")
@writing.writing
def alias(place: writing.Place, person: str, value: str, kind: str, remove: bool) -> None:
    """Say that PERSON also stands in user.id as VALUE; their history goes with it."""
    from tokenboard import store
    from tokenboard.store import people as persons

    if not person or not value or person == value:
        raise Trouble("PERSON and VALUE are two names of one person")
    with place.open() as client:
        held = {one.value: one for one in persons.aliases(client, place.database)}
        if remove:
            if value not in held or held[value].person_id != person:
                raise Trouble(f"{value!r} is no alias of {person!r}: tokenboard people list")
            one = persons.Alias(held[value].kind, value, "")
        else:
            one = persons.Alias(kind, value, person)
            if why := persons.chained(one, list(held.values())):
                raise Trouble(why)
        persons.write_aliases(client, [one], place.database)
        store.refresh(client, place.database)
    was = held.get(value)
    if was is not None and not remove and was.person_id != person:
        click.echo(f"moved: {value} was {was.person_id}")
    click.echo(f"{value} is {'nobody else' if remove else person} now, history included")


@people.command()
@click.argument("person")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The zip file to write.  [default: PERSON.zip here]",
)
@writing.writing
def export(place: writing.Place, person: str, out: Path | None) -> None:
    """Write everything that the books hold of PERSON into a zip file.

    One file of JSON lines for each table: raw telemetry, calls, sessions, usage, standings, people.
    """
    from tokenboard.store import erasure

    safe = "".join(c if c.isalnum() or c in "-_.@" else "_" for c in person).lstrip(".")
    path = out or Path(f"{safe or 'person'}.zip")
    try:
        with place.open() as client:
            counts = erasure.export(client, person, path, place.database)
    except (erasure.PersonError, OSError) as error:
        raise Trouble(f"cannot write {path}: {error.strerror}"
                      if isinstance(error, OSError) else str(error)) from error  # fmt: skip
    click.echo(f"{path}: {sum(counts.values()):,} rows of {len(counts)} tables")


@people.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@writing.writing
def erase(place: writing.Place, person: str, yes: bool, as_json: bool) -> None:
    """Remove everything of PERSON, raw telemetry and rollups included, for good."""
    from tokenboard.store import erasure

    if not yes:
        click.confirm(
            f"Remove everything of {person!r} from the books? There is no way back", abort=True
        )
    try:
        with place.open() as client:
            done = erasure.erase(client, person, place.database)
    except erasure.PersonError as error:
        raise Trouble(str(error)) from error
    if as_json:
        common.print_json({"names": list(done.names), "rows": dict(done.rows)})
        return
    for table, rows in done.rows.items():
        click.echo(f"{table}: {rows:,} rows removed")
    click.echo(f"removed: {', '.join(done.names)}; teams, models and agents recomputed")
    common.say(
        "note: backups, and what still waits in a collector's queue, are not reached: "
        "erase again after it has come in"
    )
