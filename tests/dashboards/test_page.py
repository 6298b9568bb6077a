"""The local page in a real browser, on the real stack."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest
from dashboards.company import MARKUP, Company
from dashboards.troubles import LOOPING, ROUNDS, Troubles, store_surroundings
from tokenboard import store
from tokenboard.local.stack import Stack
from tokenboard.store import prices

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
SECONDS = 60_000


BOARDS = ["Leaderboard", "Tiers", "Cost", "Agents", "Efficiency", "Pipeline", "Person", "Session"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """(address, company, rows): the stack with a company's calls, and the board that the command prints."""
    with Stack(tmp_path_factory.mktemp("page"), 0, 0, 0) as running:
        client = running.engine.client()
        made = Company()
        Troubles(made)
        made.store(client)
        store_surroundings(client, made.now)
        store.refresh(client)
        prices.sync(client)
        store.refresh(client)
        rows = command(running.addresses["clickhouse"], "leaderboard")
        yield running.addresses["web"], made, rows
        client.close()


def command(url, *arguments):
    """What ``tokenboard … --json`` prints."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tokenboard.cli import main; main()",
            *arguments,
            "--json",
            "--url",
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: the page is not tested in a browser")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def visit(browser, stack):
    """Function: path -> a loaded page; fails at the end if the browser complained about anything."""
    contexts = []
    complaints = []

    def open_page(path="/", *, width=1440, height=900, scheme="light", before=None):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: message.type == "error" and complaints.append(message.text)
        )
        if before:
            before(page)
        page.goto(stack[0] + path)
        loaded(page)
        return page

    open_page.complaints = complaints
    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def loaded(page, times=1):
    page.locator(f"body[data-loaded='{times}']").wait_for()


def panel(page, title):
    return page.locator("article", has=page.locator("h3", has_text=re.compile(f"^{title}i?$")))


def board(page):
    """The leaderboard's rows as people read them: heading -> text, and the exact text on hover."""
    table = panel(page, "Leaderboard").locator("table")
    heads = [
        head.removesuffix(" ↑").removesuffix(" ↓") for head in table.locator("th").all_inner_texts()
    ]
    return [
        {
            head: (cell.inner_text(), cell.get_attribute("title"))
            for head, cell in zip(heads, row.locator("td").all(), strict=True)
        }
        for row in table.locator("tbody tr").all()
    ]


def test_every_dashboard_opens_and_no_panel_is_empty(visit, stack):
    """Each dashboard of the navigation draws every panel with something in it, without an error."""
    page = visit()
    names = page.locator("nav a").all_inner_texts()
    assert names == BOARDS
    page.locator("nav a", has_text=names[1]).click()
    loaded(page, 2)
    assert page.locator("h1").inner_text() == names[1]
    for name in names:
        page.goto(f"{stack[0]}/d/tokenboard-{name.lower()}?var-user=fay&var-session={LOOPING}")
        loaded(page)
        assert page.locator("h1").inner_text() == name
        assert page.locator(".failed").count() == 0
        empty = page.locator("article", has=page.locator(".empty"))
        assert empty.locator("h3").all_inner_texts() == []
        assert "panels in" in page.locator("footer").inner_text()


def test_the_boards_numbers_are_the_commands(visit, stack):
    """Every person's figures on the page are those that the command prints: rounded, exact on hover."""
    _, _, rows = stack
    shown = board(visit())
    assert len(shown) == len(rows)
    for row, cells in zip(rows, shown, strict=True):
        assert cells["Who"][0] == row["display_name"]
        assert cells["#"][0] == (str(row["rank"]) if row["rank"] else "—")
        assert cells["Tier"][0] == (row["tier"] or "—")
        assert cells["Net tokens"][1] == f"{row['net_tokens']:,}"
        assert cells["Gross"][1] == f"{row['gross_tokens']:,}"
        assert cells["Calls"][0] == str(row["calls"])
        assert cells["Sessions"][0] == str(row["sessions"])
        assert cells["Cached"][0] == "50%"
        scaled, unit = row["net_tokens"] / 1e6, "M"
        if scaled < 1:
            scaled, unit = scaled * 1000, "K"
        digits = 2 if scaled < 10 else 1 if scaled < 100 else 0
        assert cells["Net tokens"][0] == f"{float(f'{scaled:.{digits}f}'):g} {unit}"


def test_totals_and_podium_agree_with_the_board(visit, stack):
    """The big numbers are the sums of the board, the podium its first three."""
    _, made, rows = stack
    page = visit()
    gross = sum(person.gross for person in made.people.values())
    net = sum(row["net_tokens"] for row in rows)
    assert net < gross
    for title, total in (("Net tokens", net), ("Gross tokens", gross)):
        stat = panel(page, title).locator(".stat")
        assert stat.get_attribute("title") == f"{title}: {total:,}"
    assert panel(page, "People").locator(".value").inner_text() == str(
        sum(1 for u in made.people if u)
    )
    names = panel(page, "Podium").locator(".name").all_inner_texts()
    assert names == [f"{n}. {row['display_name']}" for n, row in enumerate(rows[:3], 1)]


def test_charts_are_drawn(visit):
    """Bars of the time chart and of the tiers are there once plotly has come."""
    page = visit()
    for title in ("Tokens over time", "Tiers"):
        bars = panel(page, title).locator(".plot .bars path")
        bars.first.wait_for(state="attached")
        assert bars.count() > 5


def test_a_click_leads_from_the_board_to_a_person_and_back(visit, stack):
    """A name on the board opens that person's month; the way back leads to the same board."""
    _, made, _ = stack
    page = visit("/?from=now-7d&to=now")
    page.locator("td a", has_text="o'brien").click()
    loaded(page, 2)
    assert "/d/tokenboard-person?" in page.url
    assert "from=now-7d" in page.url
    assert page.locator("select[name=user]").input_value() == "o'brien"
    page.locator("#range").select_option("now-30d")
    loaded(page, 3)
    gross = made.people["o'brien"].gross
    stat = panel(page, "Gross tokens").locator(".stat")
    assert stat.get_attribute("title") == f"Gross tokens: {gross:,}"
    page.go_back()
    loaded(page, 4)
    page.go_back()
    loaded(page, 5)
    assert page.locator("h1").inner_text() == "Leaderboard"
    assert page.locator("#range").input_value() == "now-7d"


def choose(page, variable, *names):
    """Tick several names of a filter; they hold once its list is closed."""
    box = page.locator(f"details[data-variable={variable}]")
    box.locator("summary").click()
    for name in names:
        box.get_by_label(name, exact=True).check()
    box.locator("summary").click()


def test_filters_go_into_the_address_and_hold(visit):
    """Chosen teams are in the address, filter every panel, survive a reload and go along to others."""
    page = visit()
    choose(page, "team", "growth", "platform")
    loaded(page, 2)
    assert "var-team=growth&var-team=platform" in page.url
    for _ in range(2):
        shown = [cells["Who"][0] for cells in board(page)]
        assert shown == ["ada", "ben", "o'brien", "CORP\\dora", "fay"]
        assert panel(page, "People").locator(".value").inner_text() == "5"
        page.reload()
        loaded(page)
    choose(page, "model", "gpt-5.2")
    loaded(page, 2)
    assert "var-team=growth&var-team=platform" in page.url
    assert "var-model=gpt-5.2" in page.url
    page.locator("nav a", has_text="Cost").click()
    loaded(page, 3)
    models = panel(page, "By model").locator("tbody tr td:first-child").all_inner_texts()
    assert models == ["gpt-5.2"]
    page.locator("details[data-variable=team] summary").click()
    page.locator("details[data-variable=team] .all").click()
    loaded(page, 4)
    assert "var-team=%24__all" in page.url


def test_a_click_leads_from_board_to_person_to_session(visit, stack):
    """Board, person, session: the loop is on the timeline, and the steps are those the command prints."""
    page = visit()
    page.locator("td a", has_text="fay").click()
    loaded(page, 2)
    assert page.locator("h1").inner_text() == "Person"
    panel(page, "Sessions").locator("td a", has_text=LOOPING).click()
    loaded(page, 3)
    assert page.locator("h1").inner_text() == "Session"
    timeline = panel(page, "Timeline")
    lanes = timeline.locator(".lane-name").all_inner_texts()
    assert lanes[:3] == ["person", "coder", "coder · tools"]
    assert timeline.locator(".state[title*='⟳ search']").count() == ROUNDS
    steps = panel(page, "Step by step").locator("tbody tr")
    assert steps.count() == 1 + 2 * ROUNDS
    loops = steps.locator("td", has_text=f"same call {ROUNDS} times")
    assert loops.count() == ROUNDS
    gross = sum(30_000 + 9_000 * turn + 800 for turn in range(ROUNDS))
    stat = panel(page, "Gross tokens").locator(".stat")
    assert stat.get_attribute("title") == f"Gross tokens: {gross:,}"
    spans = panel(page, "Trace").locator("summary")
    assert spans.count() == 2 * ROUNDS
    spans.first.click()
    assert "gen_ai.request.model" in panel(page, "Trace").inner_text()
    page.locator("nav a", has_text="Leaderboard").click()
    loaded(page, 4)
    assert page.locator("#range").input_value() == "now-30d"


def test_names_are_text_never_markup(visit, stack):
    """A person named like HTML, or like SQL in the address, is shown by that name and does nothing."""
    page = visit()
    assert MARKUP in [cells["Who"][0] for cells in board(page)]
    page.locator("td a", has_text="<img").click()
    loaded(page, 2)
    assert page.locator("select[name=user]").input_value() == MARKUP
    assert page.title() == "Person · tokenboard"
    page.goto(stack[0] + "/?var-team=x%27)%20OR%201=1%20--%20")
    loaded(page)
    assert panel(page, "Leaderboard").locator(".empty").count() == 1


def test_columns_sort(visit, stack):
    """A click on a heading sorts by it, a second one the other way; who has nothing stays last."""
    page = visit()
    page.locator("th button", has_text="Calls").first.click()
    calls = [int(cells["Calls"][0]) for cells in board(page)]
    assert calls == sorted(calls, reverse=True)
    page.locator("th button", has_text="#").click()
    page.locator("th button", has_text="#").click()
    ranks = [cells["#"][0] for cells in board(page)]
    known = sorted(int(rank) for rank in ranks[:-1])
    assert ranks in ([*map(str, known), "—"], [*map(str, reversed(known)), "—"])


def test_a_phone_shows_everything_without_scrolling_sideways(visit, stack):
    """At 390 pixels every page is as wide as the screen and the panels stand below one another."""
    page = visit(width=390, height=844)
    for name in BOARDS:
        page.goto(f"{stack[0]}/d/tokenboard-{name.lower()}")
        loaded(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
        boxes = [article.bounding_box() for article in page.locator("article").all()]
        assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes), name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(visit, scheme):
    """The page follows the system; the button turns it over and is remembered."""
    page = visit(scheme=scheme)

    def brightness():
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3])) / 765

    assert (brightness() > 0.5) == (scheme == "light")
    page.locator("#theme").click()
    loaded(page, 2)
    assert (brightness() > 0.5) == (scheme == "dark")
    page.reload()
    loaded(page)
    assert (brightness() > 0.5) == (scheme == "dark")


def test_what_fails_is_said_and_the_rest_goes_on(visit):
    """A panel whose query fails shows why; the others are drawn."""

    def broken(page):
        def answer(route):
            if json.loads(route.request.post_data)["panel"] == 11:
                route.fulfill(status=500, json={"error": "Code: 241. MEMORY_LIMIT_EXCEEDED"})
            else:
                route.continue_()

        page.route("**/api/query", answer)

    page = visit(before=broken)
    assert page.locator("article.failed").count() == 1
    assert "MEMORY_LIMIT_EXCEEDED" in page.locator("article.failed").inner_text()
    assert "MEMORY_LIMIT_EXCEEDED" in page.locator("footer").inner_text()
    assert len(board(page)) > 3 or panel(page, "Podium").locator(".name").count() == 3
    visit.complaints[:] = [c for c in visit.complaints if "500" not in c]


def test_a_wrong_address_is_answered(visit, stack):
    """A dashboard that does not exist and a time range that makes no sense are said, not guessed."""
    page = visit()
    page.goto(f"{stack[0]}/d/nothing")
    page.locator("footer.failed", has_text="no dashboard").wait_for()
    page.goto(f"{stack[0]}/?from=tomorrow&to=now")
    page.locator("footer.failed", has_text="no time range").wait_for()
    visit.complaints[:] = [c for c in visit.complaints if "404" not in c]
