"""The dashboards, one module each, in the order in which they are read."""

from __future__ import annotations

from generator.boards import agents, cost, efficiency, leaderboard, person, pipeline, session, tiers

BOARDS = (
    leaderboard.build,
    tiers.build,
    cost.build,
    agents.build,
    efficiency.build,
    pipeline.build,
    person.build,
    session.build,
)
