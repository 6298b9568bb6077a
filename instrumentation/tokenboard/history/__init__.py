"""Coding agents' own session files as calls: what one person used before anything was set up.

``claude_code`` and ``codex`` read their agent's files into :class:`~tokenboard.history.turns.Turn`
rows, each call once however many files repeat it; ``spans`` makes OTLP of them and ``deliver``
brings them into the books, exactly once however often it is done.
"""
