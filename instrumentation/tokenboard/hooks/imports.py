"""Calls a function when a module is imported: now, if it is there already, else when it comes."""

from __future__ import annotations

import sys
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tokenboard import mishap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_wanted: dict[str, Callable[[ModuleType], None]] = {}
_look_again: set[str] = set()
_looking = threading.local()


def when_imported(name: str, function: Callable[[ModuleType], None]) -> None:
    """Call ``function`` with the module ``name`` once it is there; its failures are ours alone."""
    _wanted[name] = function
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    _look_again.add(name)
    _look()


def _look() -> None:
    """Find modules that were there before they were waited for, once they are wholly there."""
    for name in tuple(_look_again):
        module = sys.modules.get(name)
        if getattr(getattr(module, "__spec__", None), "_initializing", False):
            continue  # another thread, or a frame further up, is still importing it
        _look_again.discard(name)
        if module is not None:
            _arrived(name, module)


def forget(names: Sequence[str]) -> None:
    """Wait for these modules no longer."""
    for name in names:
        _wanted.pop(name, None)
        _look_again.discard(name)


def _arrived(name: str, module: ModuleType) -> None:
    function = _wanted.get(name)
    if function is not None:
        try:
            function(module)
        except Exception:
            mishap.report(f"hooking into {name}")


class _Finder:
    """Leaves all finding to the others and wraps the loader of the modules that are waited for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        del path, target
        if _look_again:
            _look()
        if name not in _wanted or getattr(_looking, "name", None) == name:
            return None
        _looking.name = name
        try:
            spec = find_spec(name)
        finally:
            _looking.name = None
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment] - a stand-in, see there
        return spec


class _Loader:
    """Stands in for a loader until the module is executed, and then is gone without a trace."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _arrived(module.__name__, module)
