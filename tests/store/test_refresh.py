"""Recomputation: crashes, races, two at once, sweeping, and next to nothing when nothing changed."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from store.conftest import Books
from store.spans import call, insert
from tokenboard import store

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)


class Mortal:
    """A client whose process dies at its n-th statement."""

    def __init__(self, client, dies_at):
        self.client = client
        self.left = dies_at

    def _live(self):
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt

    def command(self, *args, **kwargs):
        self._live()
        return self.client.command(*args, **kwargs)

    def query(self, *args, **kwargs):
        self._live()
        return self.client.query(*args, **kwargs)


class Busy:
    """A client beside which a call arrives with each question of what is out of date."""

    def __init__(self, books):
        self.books = books
        self.written = []

    def command(self, text, *args, **kwargs):
        self.written += re.findall(r"INSERT INTO \S+\.`?(\w+_rows)\b", text)
        return self.books.client.command(text, *args, **kwargs)

    def query(self, text, *args, **kwargs):
        answer = self.books.client.query(text, *args, **kwargs)
        if "_dirty" in text:
            self.books.send(call(ts=NOON, input_tokens=1000))
        return answer


def totals(books):
    """The same tokens as each stage has them, in the order of the stages."""
    return tuple(
        books.value(query) or 0
        for query in (
            "SELECT sum(input_tokens) FROM {db}.calls",
            "SELECT sum(input_tokens) FROM {db}.usage_1h",
            "SELECT sum(input_tokens) FROM {db}.usage_1d",
            "SELECT sum(input_tokens) FROM {db}.standings WHERE window_days = 30 AND subject = 'user'",
        )
    )


def test_a_crash_at_any_statement_loses_and_doubles_nothing(books):
    """Whatever statement it dies at, readers see whole figures, and the next refresh completes them."""
    settled = sent = 0
    for dies_at in range(0, 400, 4):
        books.send(call(ts=NOON + timedelta(seconds=dies_at), input_tokens=1000, session="S1"))
        sent += 1000
        try:
            store.refresh(Mortal(books.client, dies_at), books.database)
        except KeyboardInterrupt:
            seen = totals(books)
            assert all(tokens % 1000 == 0 for tokens in seen)
            # each from the one before it, none ahead, none behind what was settled
            assert [sent, *seen, settled] == sorted([sent, *seen, settled], reverse=True)
        else:
            break
        if dies_at % 16 == 12:
            books.refresh()
            assert totals(books) == (sent,) * 4
            settled = sent
    assert dies_at > 40
    assert totals(books) == (sent,) * 4


def test_two_connections_make_the_same_books_at_once(books, engine):
    """What the second one makes stands beside the board, and a death of it leaves nothing half done."""
    other = engine.client(use_database=False)
    sent = 0
    for dies_at in (0, 15, 400):
        books.send(
            call(ts=NOON + timedelta(seconds=dies_at), input_tokens=1000, session="S1"),
            call(ts=NOON - timedelta(hours=1, seconds=dies_at), input_tokens=1000, session="S2"),
        )
        sent += 2000
        second = Mortal(other, dies_at)
        try:
            store.refresh(books.client, books.database, beside=second)
        except KeyboardInterrupt:
            assert second.left < 0
            assert books.refresh() > 0
        else:
            # what was left to the second was made by it, in some of the statements it had
            assert 0 <= second.left < 390
        assert totals(books) == (sent,) * 4
        for elsewhere in (
            "SELECT sum(calls) FROM {db}.sessions",
            "SELECT sum(calls) FROM {db}.session_sums WHERE NOT by_team",
            "SELECT sum(calls) FROM {db}.usage_cube_1d WHERE dimensions = 'team'",
        ):
            assert books.value(elsewhere) == sent / 1000
        assert store.refresh(books.client, books.database, beside=other) == 0
    assert second.left >= 0
    other.close()


def test_nothing_is_lost_to_races(books, engine):
    """Inserts and two recomputations at once, each with a connection of its own: exact in the end."""
    batches, size = 12, 20
    stop = threading.Event()
    failures = []

    def recompute():
        client = engine.client(use_database=False)
        while not stop.is_set():
            try:
                store.refresh(client, books.database)
            except Exception as error:
                failures.append(error)
                return
        client.close()

    threads = [threading.Thread(target=recompute) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for batch in range(batches):
            rows = [
                call(ts=NOON + timedelta(seconds=97 * batch + number), input_tokens=1000)
                for number in range(size)
            ]
            books.send(*rows)
            books.send(*rows[: size // 2])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failures == []
    books.refresh()
    assert totals(books) == (batches * size * 1000,) * 4


def test_a_mark_is_never_seen_before_its_rows(books, engine):
    """Who sees that a slot changed sees what changed in it: the order that everything rests on."""
    seen = []
    stop = threading.Event()
    reader = engine.client(use_database=False)
    watcher = Books(reader, books.database)

    def watch():
        ended = False
        while not ended:
            ended = stop.is_set()  # the last look is after the last insert
            marks = watcher.value("SELECT sum(marks) FROM {db}.dirty_slots")
            rows = watcher.value("SELECT count() FROM {db}.emissions")
            seen.append((marks, rows))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for _ in range(40):
            insert(books.client, books.database, [call(ts=NOON) for _ in range(3)])
    finally:
        stop.set()
        thread.join()
        reader.close()
    assert seen[-1] == (40, 120)
    assert all(rows >= 3 * marks for marks, rows in seen)


def test_superseded_rows_are_swept(books):
    """What was recomputed away is removed from the disk, and no reader notices."""
    for number in range(4):
        books.send(call(ts=NOON + timedelta(seconds=number), input_tokens=1000))
        books.refresh()
    store.sweep(books.client, books.database)
    assert totals(books) == (4000,) * 4
    # the current generation, and the one before it for those who read it
    assert books.value("SELECT uniqExact(generation) FROM {db}.call_rows") == 2


def test_what_keeps_coming_in_does_not_keep_the_board(books):
    """Under a flow of calls each stage is done once; cubes wait, until it ends."""
    # a later slot, which a session that goes on could make dirty: the calls are looked at again
    later = call(ts=NOON + timedelta(minutes=30), input_tokens=1000)
    books.send(call(ts=NOON, input_tokens=1000), later)
    store.refresh(books.client, books.database, patient=True)
    busy = Busy(books)
    books.send(call(ts=NOON, input_tokens=1000))
    store.refresh(busy, books.database, patient=True)
    assert totals(books)[-1] >= 3000
    assert busy.written.count("call_rows") == 1
    assert busy.written.count("usage_1h_rows") == busy.written.count("standing_rows") / 2 == 1
    assert "usage_cube_1h_rows" not in busy.written
    calm = Busy(books)
    calm.query = books.client.query
    assert store.refresh(calm, books.database, patient=True) > 0
    assert "usage_cube_1h_rows" in calm.written
    in_calls = books.value("SELECT count() FROM {db}.calls")
    assert in_calls > 5
    cube = "SELECT sum(calls) FROM {db}.usage_cube_1d WHERE dimensions = 'team'"
    assert books.value(cube) == in_calls
    assert store.refresh(books.client, books.database, patient=True) == 0


def test_nothing_to_do_is_one_small_query(books):
    """An idle store is asked once whether anything changed, and nothing is written."""
    books.send(call(ts=NOON))
    assert books.refresh() > 0
    asked = Mortal(books.client, 1)  # a second statement would be its death
    assert store.refresh(asked, books.database) == 0


def test_a_batch_larger_than_one_statement_takes(books, monkeypatch):
    """Work that is cut into several statements gives the same figures as in one."""
    from tokenboard.store import recompute

    rows = [
        call(ts=NOON - timedelta(minutes=25 * number), conversation="c1", messages=30 - number)
        for number in range(30)
    ]
    books.send(*rows)
    books.refresh()
    whole = books.rows("SELECT call_id, session_id FROM {db}.calls ORDER BY call_id")
    assert len({line["session_id"] for line in whole}) == 1
    books.empty()
    monkeypatch.setattr(recompute, "BATCH_UNITS", 4)
    books.send(*rows)
    books.refresh()
    assert books.rows("SELECT call_id, session_id FROM {db}.calls ORDER BY call_id") == whole


@pytest.mark.parametrize("newest_first", [False, True])
def test_history_can_come_in_any_order(books, newest_first):
    """Old hours after new ones, or before: sessions and figures are those of the whole."""
    rows = [
        call(ts=NOON - timedelta(minutes=50 * number), conversation="c1", messages=30 - number)
        for number in range(8)
    ]
    for one in rows if newest_first else rows[::-1]:
        books.send(one)
        books.refresh()
    assert books.value("SELECT uniqExact(session_id) FROM {db}.calls") == 1
    assert books.value("SELECT sum(calls) FROM {db}.usage_1d") == 8
