"""Streams of httpx and httpx2 that let us read along while the caller reads.

The caller's iteration drives everything: no byte is read that it does not ask for, chunks and
exceptions pass through as they are, and closing closes what is beneath.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tokenboard.hooks.exchange import Exchange


class _Tee:
    """What both kinds share; everything that is not defined here is the inner stream's."""

    def __init__(self, inner: Any, exchange: Exchange) -> None:
        self._inner = inner
        self._exchange = exchange

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __del__(self) -> None:
        self._exchange.abandoned()


def sync_stream(module: Any) -> type[_Tee]:
    """Return the class for ``httpx.Client`` or ``httpx2.Client``.

    Each module checks that a response's stream is of its own class, so each gets its own.
    """

    class Tee(_Tee, module.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            exchange = self._exchange
            try:
                chunks = iter(self._inner)
                for chunk in chunks:
                    exchange.first(chunk)
                    yield chunk
                    break
                feed = exchange.feed
                for chunk in chunks:
                    feed(chunk)
                    yield chunk
            except GeneratorExit:
                exchange.abandoned()
                raise
            except BaseException as error:
                exchange.end(error)
                raise
            exchange.end(cut=True)

        def close(self) -> None:
            try:
                self._inner.close()
            finally:
                self._exchange.end()

    return Tee


def async_stream(module: Any) -> type[_Tee]:
    """Return the class for ``httpx.AsyncClient`` or ``httpx2.AsyncClient``; see above."""

    class AsyncTee(_Tee, module.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            exchange = self._exchange
            chunks = self._inner.__aiter__()
            try:
                async for chunk in chunks:
                    exchange.first(chunk)
                    yield chunk
                    break
                feed = exchange.feed
                async for chunk in chunks:
                    feed(chunk)
                    yield chunk
            except GeneratorExit:
                exchange.abandoned()
                raise
            except BaseException as error:
                exchange.end(error)
                raise
            else:
                exchange.end(cut=True)
            finally:
                # As httpx2 does itself: what is beneath is closed now, not when it is collected.
                if isinstance(chunks, AsyncGenerator):
                    await chunks.aclose()

        async def aclose(self) -> None:
            try:
                await self._inner.aclose()
            finally:
                self._exchange.end()

    return AsyncTee
