"""What the apps share; importing it switches tokenboard on, as an app's first line would."""

from __future__ import annotations

import asyncio
import os

if os.environ.get("APP_IMPORTS", "tokenboard") == "tokenboard":
    import tokenboard.auto  # noqa: F401 - the import is the set-up

PROVIDER = os.environ["PROVIDER"]
ASK = [{"role": "user", "content": "Is all well?"}]


def run(*scenes):
    """Run coroutine functions one after the other in one event loop."""

    async def play():
        for scene in scenes:
            await scene()

    asyncio.run(play())
