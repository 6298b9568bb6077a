"""``python -m tokenboard.doctor``: the app's side, as ``import tokenboard.auto`` makes it here."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from importlib import import_module, util


def main(arguments: list[str]) -> int:
    """Print the checks, as JSON with ``--json``; 1 when a link is broken."""
    import_module("tokenboard.auto")
    # The client that most SDKs are built on, where the app has it: its hook can then be seen.
    if util.find_spec("httpx") is not None:
        import_module("httpx")
    from tokenboard import doctor

    found = doctor.app()
    if "--json" in arguments:
        sys.stdout.write(json.dumps([asdict(check) for check in found]) + "\n")
    else:
        sys.stdout.write(doctor.report(found) + "\n")
    return 0 if doctor.first_broken(found) is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
