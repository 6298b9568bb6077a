"""The demo's small company: a dozen people in four teams, three agents, one morning of real calls.

Runs as a process of its own, as an app would: ``python -m tokenboard.demo.company PROVIDER_URL``,
with where the telemetry goes in the standard environment. Writes its progress to standard output,
one JSON object a line: ``{"done": 3, "of": 120}``, at last ``{"session": …, "failures": […]}``.
"""

from __future__ import annotations

import contextvars
import json
import secrets
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import tokenboard
import tokenboard.auto  # pyright: ignore[reportUnusedImport]  (importing it is what captures)
from tokenboard.demo.desk import Desk, Tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Job = Callable[[Desk], object]

_SUPPORT_TOOLS: Final = (
    Tool("find_order", "Find an order.", ("order", "customer")),
    Tool("search_tickets", "Search old tickets.", ("query",)),
    Tool("offer_refund", "Offer a refund.", ("order", "reason")),
)
_REVIEW_TOOLS: Final = (
    Tool("read_file", "Read a file.", ("path",)),
    Tool("grep", "Search the code.", ("pattern", "path")),
    Tool("run_tests", "Run the tests.", ("path",)),
)
_RESEARCH_TOOLS: Final = (
    Tool("search_web", "Search the web.", ("query",)),
    Tool("open_page", "Open a page.", ("address",)),
)
_ARCHIVE: Final = (Tool("search_archive", "Search the company's archive.", ("query",)),)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at work. Each lane is a thread; the jobs in a lane come one after the other."""

    name: str
    team: str
    lanes: tuple[tuple[Job, ...], ...]


@dataclass(slots=True)
class Company:
    """Who does what. ``run`` makes session ids of later runs other ids."""

    provider_url: str
    run: str = field(default_factory=lambda: secrets.token_hex(3))

    @property
    def told(self) -> str:
        """The session whose timeline is worth telling: a review with a sub-agent in it."""
        return f"review-101-{self.run}"

    def people(self) -> list[Person]:
        """Return everybody with their work, the same at every call."""
        return [
            self._noor(),
            self._one("felix", "platform", self._reviews("felix", 101, 6), self._felix()),
            self._one("ada", "search", self._ada()),
            self._one("ravi", "search", self._ravi()),
            self._one("ines", "search", self._stuck(), self._research("ines", 1, 3)),
            self._one("lena", "support", self._tickets("lena", 1, 14), self._lena()),
            self._one("omar", "support", self._tickets("omar", 101, 10)),
            self._bea(),
            self._one("kim", "growth", self._kim()),
            self._one("yuki", "growth", self._yuki()),
            self._one("tom", "growth", self._tom()),
            self._one("zoe", "growth", self._zoe()),
        ]

    def _one(self, name: str, team: str, *work: Iterable[Job]) -> Person:
        return Person(name, team, (tuple(job for jobs in work for job in jobs),))

    def _noor(self) -> Person:
        """A nightly fleet over the whole repository: four threads, most of the company's tokens."""
        lanes = tuple(
            tuple(self._claude("claude-sonnet-5", "file-monorepo", f"night {lane}", 13, 10))
            for lane in range(4)
        )
        return Person("noor", "platform", lanes)

    def _felix(self) -> Iterator[Job]:
        yield from self._claude("claude-opus-5", "file-monorepo", "felix", 14, 8, ttl="1h")

    def _ada(self) -> Iterator[Job]:
        """Something of everything: five models, each a fair share."""
        yield from self._chats("gpt-5.5", "file-monorepo", "ada", 4, 6)
        yield from self._chats("gpt-6-sol", "file-monorepo", "ada", 4, 6)
        yield from self._conversations("gpt-5.4-mini", "file-contracts", "ada", 3, 8)
        yield from self._claude("claude-opus-5", "file-monorepo", "ada", 5, 8)
        yield from self._claude("claude-haiku-4-5", "file-handbook", "ada", 5, 8)

    def _ravi(self) -> Iterator[Job]:
        yield from self._chats("gpt-6-sol", "file-orders", "ravi", 8, 8)
        yield from self._conversations("gpt-5.5", "file-service", "ravi", 6, 6)

    def _lena(self) -> Iterator[Job]:
        yield from self._chats("gpt-5.5", "file-tickets", "lena", 8, 8)

    def _kim(self) -> Iterator[Job]:
        yield from self._conversations("gpt-6-sol", "file-handbook", "kim", 12, 6)
        for number in range(2):
            question = f"Draft headline {number}"
            yield lambda desk, q=question: desk.mistype_a_model(q)

    def _yuki(self) -> Iterator[Job]:
        """Asks the same again and again: gross tokens that are no net tokens."""
        yield from self._conversations("gpt-5.4-mini", "file-handbook", "yuki", 6, 5)
        yield from [_ask_again] * 10

    def _tom(self) -> Iterator[Job]:
        """Streams without asking for usage: those calls stay unknown."""
        for number in range(12):
            question = f"A pun on budgets, number {number}, please"
            yield lambda desk, q=question: desk.stream_without_usage("gpt-5.5", q)
        yield from self._chats("gpt-5.4-mini", "file-service", "tom", 3, 5)

    def _zoe(self) -> Iterator[Job]:
        yield lambda desk: desk.count_first("claude-haiku-4-5", "How long is a month?")
        yield from self._claude("claude-haiku-4-5", "file-service", "zoe", 3, 6)

    def _bea(self) -> Person:
        texts = [f"Ticket {n}: my order {7000 + n} has not arrived. " * 40 for n in range(96)]
        summaries: tuple[Job, ...] = tuple(
            lambda desk, part=texts[start : start + 12]: desk.summarise_all(
                self.provider_url, "bea", "gpt-5.4-mini", part
            )
            for start in range(0, len(texts), 12)
        )
        return Person("bea", "support", (summaries,))

    # --- ways to work ----------------------------------------------------------------------------

    def _chats(
        self, model: str, file: str, topic: str, conversations: int, turns: int
    ) -> Iterator[Job]:
        for number in range(conversations):
            questions = _questions(f"{topic}, {model}", number, turns)
            yield lambda desk, q=questions: desk.chat_about(model, file, q)

    def _conversations(
        self, model: str, file: str, topic: str, conversations: int, turns: int
    ) -> Iterator[Job]:
        for number in range(conversations):
            questions = _questions(f"{topic}, {model}", number, turns)
            yield lambda desk, q=questions: desk.converse(model, file, q)

    def _claude(
        self,
        model: str,
        file: str,
        topic: str,
        conversations: int,
        turns: int,
        *,
        ttl: str = "5m",
    ) -> Iterator[Job]:
        for number in range(conversations):
            questions = _questions(f"{topic}, {model}", number, turns)
            yield lambda desk, q=questions: desk.read_with_claude(model, file, q, ttl=ttl)

    def _tickets(self, who: str, first: int, many: int) -> Iterator[Job]:
        def solve(desk: Desk, number: int) -> None:
            questions = [f"Ticket {number}: where is the order of customer {number}?"]
            if number % 3 == 0:
                questions.append(f"And can customer {number} have a refund?")
            with (
                tokenboard.session(f"ticket-{number}-{self.run}"),
                tokenboard.task(f"TICKET-{number}-{self.run}") as task,
                tokenboard.agent("triage"),
            ):
                desk.triage("gpt-5.4-mini", questions, _SUPPORT_TOOLS)
                if number % 5 == 0:
                    task.failed("escalated")
                else:
                    task.done("done", review_minutes=1 + number % 4, score=0.9)

        del who
        for number in range(first, first + many):
            yield lambda desk, n=number: solve(desk, n)

    def _reviews(self, who: str, first: int, many: int) -> Iterator[Job]:
        def review(desk: Desk, number: int) -> None:
            with (
                tokenboard.session(f"review-{number}-{self.run}"),
                tokenboard.task(f"PR-{number}-{self.run}") as task,
                tokenboard.agent("reviewer"),
            ):
                if number % 2:
                    with tokenboard.agent("researcher"):
                        desk.research(
                            "gpt-5.4-mini",
                            f"Is the library of change {number} still kept?",
                            _RESEARCH_TOOLS,
                        )
                question = f"Review change {number} of {who}."
                desk.review("claude-sonnet-5", "file-service", question, _REVIEW_TOOLS)
                task.done("reverted" if number % 6 == 0 else "done", review_minutes=5)

        for number in range(first, first + many):
            yield lambda desk, n=number: review(desk, n)

    def _research(self, who: str, first: int, many: int) -> Iterator[Job]:
        def look_up(desk: Desk, number: int) -> None:
            with (
                tokenboard.session(f"research-{number}-{self.run}"),
                tokenboard.task(f"RESEARCH-{number}-{self.run}") as task,
                tokenboard.agent("researcher"),
            ):
                desk.research("gpt-5.5", f"{who}: who else does {number}?", _RESEARCH_TOOLS)
                task.done()

        for number in range(first, first + many):
            yield lambda desk, n=number: look_up(desk, n)

    def _stuck(self) -> Iterator[Job]:
        """The agent that will not take "no matches" for an answer."""

        def go(desk: Desk) -> None:
            with (
                tokenboard.session(f"archive-{self.run}"),
                tokenboard.task(f"RESEARCH-ARCHIVE-{self.run}") as task,
                tokenboard.agent("archivist"),
            ):
                question = "What did we promise our first customer?"
                if desk.research("gpt-5.5", question, _ARCHIVE):
                    task.done()
                else:
                    task.failed("no answer")

        yield go


def _ask_again(desk: Desk) -> None:
    question = "Rate this slogan from 1 to 10: Every token on the books."
    desk.chat_about("gpt-5.5", "file-handbook", [question])


def _questions(topic: str, number: int, turns: int) -> list[str]:
    return [f"{topic}: point {number}.{turn}, what follows from it?" for turn in range(turns)]


def work(company: Company, progress: Callable[[int, int], None]) -> list[str]:
    """Let everybody do their work, each lane in a thread of its own; return what went wrong."""
    people = company.people()
    total = sum(len(lane) for person in people for lane in person.lanes)
    done, lock = 0, threading.Lock()
    progress(0, total)

    def one_lane(person: Person, lane: tuple[Job, ...]) -> None:
        nonlocal done
        desk = Desk.of(company.provider_url, person.name)
        try:
            for job in lane:
                job(desk)
                with lock:
                    done += 1
                    progress(done, total)
        finally:
            desk.close()

    with ThreadPoolExecutor(sum(len(p.lanes) for p in people)) as pool:
        running: dict[Future[None], str] = {}
        for person in people:
            # What the work belongs to is said once, here, and travels into the threads.
            with tokenboard.user(person.name, team=person.team):
                for lane in person.lanes:
                    context = contextvars.copy_context()
                    running[pool.submit(context.run, one_lane, person, lane)] = person.name
        return [
            f"{running[future]}: {type(error).__name__}: {error}"
            for future in as_completed(running)
            if (error := future.exception())
        ]


def main() -> int:
    """Run the company against the provider named on the command line."""

    def say(**facts: object) -> None:
        sys.stdout.write(json.dumps(facts) + "\n")
        sys.stdout.flush()

    company = Company(sys.argv[1])
    failures = work(company, lambda done, of: say(done=done, of=of))
    say(session=company.told, failures=failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
