"""A failure that the wire code swallows in an app fails the test that caused it."""

from __future__ import annotations

import sys

import pytest
from tokenboard.wire import failures


@pytest.fixture(autouse=True)
def swallowed():
    """The exceptions swallowed in this test; a test that expects some empties the list."""
    found = []
    before = failures._listener
    failures.listen(lambda _place: found.append(sys.exc_info()[1]))
    yield found
    failures.listen(before)
    if found:
        raise found[0]
