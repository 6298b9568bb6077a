"""The dashboards, one module each; ``BOARDS`` lists their builders."""

from __future__ import annotations

from generator.boards import leaderboard, person

BOARDS = (leaderboard.build, person.build)
