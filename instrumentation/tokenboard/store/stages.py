"""The stages of the recomputation, what each makes of what, and in which order.

A stage's statements are the files of ``clickhouse/refresh/<stage>``; how they are run is in
``recompute``.
"""

from __future__ import annotations

from dataclasses import dataclass

from tokenboard.store.units import DAY, HOUR, SLOT


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the recomputation.

    Attributes:
        name: also the folder in ``clickhouse/refresh`` and the prefix of the dirty view.
        unit: length of a unit in seconds, 0 for the one unit of the standings.
        tables: where the rows go; the first holds what the stage is named for.
        key: the column of the tables that holds the unit; empty where rows are not kept by unit.
        reach: how much earlier in seconds than the unit itself the calls are that it looks at.
        from_slots: whether it is made from the sums of ten minutes (``refresh/slots``).
        later: whether it may wait a little while more comes in: the board is not made from it.
    """

    name: str
    unit: int
    tables: tuple[str, ...]
    key: str
    reach: int = 0
    from_slots: bool = False
    later: bool = False


# The order they are made in. Each phase has two lanes: the first leads to the board, what stands in
# the second needs nothing of what stands beside it.
PHASES = (
    (
        (
            Stage(
                "calls", SLOT, ("call_rows", "tool_rows", "usage_slot_rows", "yielded_rows"), "slot"
            ),
            Stage("turns", HOUR, ("turn_rows",), "hour", from_slots=True),
            Stage("deductions", HOUR, ("deduction_rows",), "hour", reach=HOUR),
        ),
        (),
    ),
    (
        (
            Stage(
                "usage_1h", HOUR, ("usage_1h_rows", "team_usage_1h_rows"), "hour", from_slots=True
            ),
            Stage("usage_1d", DAY, ("usage_1d_rows", "team_usage_1d_rows"), "day"),
        ),
        (Stage("sessions", HOUR, ("session_rows", "task_usage_rows"), "hour", from_slots=True),),
    ),
    (
        (
            Stage(
                "standings",
                0,
                (
                    "standing_rows",
                    "standing_part_rows",
                    "standing_trend_rows",
                    "standing_board_rows",
                    "standing_adoption_rows",
                ),
                "",
            ),
        ),
        (
            Stage("sessions_1d", DAY, ("session_day_rows", "session_sum_rows"), "day", later=True),
            Stage("cube_1h", HOUR, ("usage_cube_1h_rows", "attempt_1h_rows"), "hour", later=True),
            Stage("cube_1d", DAY, ("usage_cube_1d_rows", "attempt_1d_rows"), "day", later=True),
        ),
    ),
)
STAGES: tuple[Stage, ...] = tuple(stage for phase in PHASES for lane in phase for stage in lane)
