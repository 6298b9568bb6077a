"""``python -m bench [suite] [argument…]``: runs one suite, or all of them one after the other."""

from __future__ import annotations

import importlib
import sys

# name -> module with main(arguments) and a docstring that says what is measured
SUITES = {
    "books": "bench.books.run",
    "capture": "bench.capture.run",
    "overload": "bench.overload",
    "stack": "bench.stack",
    "wire": "bench.wire",
}


def main(arguments: list[str]) -> int:
    """Run the suite named first, with the arguments after it; all suites without a name."""
    if arguments and arguments[0] in {"-h", "--help"}:
        print(__doc__)
        for name, module in SUITES.items():
            print(f"  {name:10} {(importlib.import_module(module).__doc__ or '').splitlines()[0]}")
        return 0
    if arguments and arguments[0] not in SUITES:
        print(f"no suite {arguments[0]!r}; there are: {', '.join(SUITES)}", file=sys.stderr)
        return 2
    if arguments:
        importlib.import_module(SUITES[arguments[0]]).main(arguments[1:])
        return 0
    for module in SUITES.values():
        importlib.import_module(module).main([])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
