"""What the demo's company means to spend and to use: budgets and weekly targets, as CSV files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

BUDGETS: Final = """scope,name,monthly_usd
team,platform,1500
team,search,1600
team,support,60
team,growth,40
user,felix,450
user,ada,1000
"""
TARGETS: Final = """scope,name,weekly_tokens
everybody,,2000000
team,platform,20000000
"""


def write(client: Client) -> None:
    """Take the company's budgets and targets over, as ``tokenboard budgets import`` does."""
    from tokenboard.store import plans

    with tempfile.TemporaryDirectory() as folder:
        for text, take in ((BUDGETS, plans.import_budgets), (TARGETS, plans.import_targets)):
            path = Path(folder) / "plan.csv"
            path.write_text(text, encoding="utf-8")
            take(client, path)
