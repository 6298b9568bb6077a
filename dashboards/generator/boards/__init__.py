"""The dashboards, one module each, in the order in which they are read."""

from __future__ import annotations

from generator.boards import agents, leaderboard, person, session

BOARDS = (leaderboard.build, agents.build, person.build, session.build)
