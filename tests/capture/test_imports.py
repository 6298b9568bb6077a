"""Modules are hooked whenever they come, and importing them looks as it always did."""

from __future__ import annotations

import importlib
import sys

import pytest
from tokenboard.hooks import imports


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make modules from source, under names that no other test uses; they are gone afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    before = list(sys.meta_path)
    made = []

    def make(name, source=""):
        (tmp_path / f"{name}.py").write_text(source)
        made.append(name)
        return name

    yield make
    sys.meta_path[:] = before
    imports.forget(made)
    for name in made:
        sys.modules.pop(name, None)


def test_a_module_that_comes_later(package):
    """The function is called with the module once its import is over, before the importer goes on."""
    seen = []
    name = package("tb_later", "value = 1")
    imports.when_imported(name, lambda module: seen.append(module.value))
    assert seen == []
    module = importlib.import_module(name)
    assert seen == [1]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__.loader is module.__loader__
    importlib.reload(module)
    assert seen == [1, 1]


def test_a_module_that_is_there(package):
    """A module that is imported already is hooked at once."""
    seen = []
    name = package("tb_there")
    module = importlib.import_module(name)
    imports.when_imported(name, seen.append)
    assert seen == [module]


def test_a_module_that_is_half_there(package):
    """A module that is just being imported is hooked when it is whole, at the next import."""
    source = """
from tokenboard.hooks import imports
seen = []
imports.when_imported(__name__, lambda module: seen.append(module.end))
assert seen == []
end = True
"""
    module = importlib.import_module(package("tb_half", source))
    importlib.import_module(package("tb_next"))
    assert module.seen == [True]


def test_a_module_that_breaks(package):
    """A module whose import fails, fails as ever and is not hooked; a second try may succeed."""
    seen = []
    name = package("tb_breaks", "raise RuntimeError('no')")
    imports.when_imported(name, seen.append)
    with pytest.raises(RuntimeError, match="no"):
        importlib.import_module(name)
    assert seen == []
    assert name not in sys.modules


def test_a_hook_that_breaks_is_our_own_affair(package, caplog):
    """A failure of ours while hooking is logged once, and the import succeeds."""
    name = package("tb_hook", "value = 1")

    def fail(module):
        raise RuntimeError("ours")

    from tokenboard import mishap

    mishap._reported.discard(f"hooking into {name}")
    imports.when_imported(name, fail)
    with caplog.at_level("CRITICAL", logger="tokenboard"):
        assert importlib.import_module(name).value == 1
    mishap._reported.discard(f"hooking into {name}")
