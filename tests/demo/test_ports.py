"""Which ports the demo takes, and which it names."""

from __future__ import annotations

import contextlib
import socket

from tokenboard.cli.demo import USUAL_PORTS, Shown, _ports, _print

NOTHING_ASKED = {"otlp_port": None, "clickhouse_port": None, "web_port": None}


def test_a_usual_port_that_is_taken_is_left_and_said(capsys):
    """A newcomer with something on port 8123 sees the demo all the same, and is told."""
    with contextlib.ExitStack() as closing:
        with contextlib.suppress(OSError):  # whoever has it already serves as well
            closing.enter_context(socket.create_server(("127.0.0.1", USUAL_PORTS["clickhouse"])))
        chosen = _ports(NOTHING_ASKED, once=False)
    assert chosen["clickhouse_port"] == 0
    assert "port 8123 is taken" in capsys.readouterr().err


def test_once_takes_free_ports():
    """With --once no usual port is needed, and a port that is asked for is taken."""
    assert _ports(NOTHING_ASKED, once=True) == dict.fromkeys(NOTHING_ASKED, 0)
    assert _ports({**NOTHING_ASKED, "web_port": 3210}, once=True)["web_port"] == 3210


def test_a_demo_that_ends_names_no_address(capsys):
    """Only who finds something there is sent to an address."""
    nothing = Shown(leaderboard=[], loops=[], steps=[], told="none")
    _print(nothing, dict.fromkeys(("web", "clickhouse", "otlp"), "http://127.0.0.1:3210"))
    assert capsys.readouterr().out.count("http://127.0.0.1:3210") == 3
    _print(nothing, {})
    told = capsys.readouterr().out
    assert "http" not in told
    assert "leave out --once" in told
