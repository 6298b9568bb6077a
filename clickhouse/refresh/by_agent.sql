-- told by a coding agent: those do not always have an id
(e.emitter IN ('codex', 'claude-code', 'gemini-cli', 'cursor', 'tokenboard.history')
    OR startsWith(e.emitter, 'com.anthropic.claude_code'))
