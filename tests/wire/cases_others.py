"""Cohere, Ollama, Mistral's conversations."""

from __future__ import annotations

from wire.exchange import Case, dump, ndjson, sse

COHERE = "https://docs.cohere.com/reference/chat"
OLLAMA = "https://github.com/ollama/ollama/blob/main/docs/api.md"
CONVERSATIONS = "https://docs.mistral.ai/api/#tag/beta.conversations"
SAY = [{"role": "user", "content": "Hi"}]

CASES = [
    Case(
        "cohere v2: what the model read, of which cached tokens are a part",
        COHERE,
        "https://api.cohere.com/v2/chat",
        dump(
            {
                "id": "c1",
                "finish_reason": "COMPLETE",
                "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
                "usage": {
                    "billed_units": {"input_tokens": 12, "output_tokens": 65},
                    "tokens": {"input_tokens": 212.0, "output_tokens": 65.0},
                    "cached_tokens": 208,
                },
            }
        ),
        {"input_tokens": 212, "output_tokens": 65, "cache_read_tokens": 208},
        {"model": "command-r-08-2024", "messages": SAY},
        facts={"response_id": "c1", "finish_reasons": ("COMPLETE",), "finished": True},
        asked={"provider": "cohere"},
    ),
    Case(
        "cohere v2 stream",
        "https://docs.cohere.com/docs/streaming",
        "https://api.cohere.com/v2/chat",
        sse(
            {"type": "message-start", "id": "c2", "delta": {"message": {"role": "assistant"}}},
            {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "H"}}}},
            {
                "type": "message-end",
                "delta": {
                    "finish_reason": "MAX_TOKENS",
                    "usage": {
                        "billed_units": {"input_tokens": 7, "output_tokens": 109},
                        "tokens": {"input_tokens": 69, "output_tokens": 110},
                    },
                },
            },
            done=True,
            named=True,
        ),
        {"input_tokens": 69, "output_tokens": 110},
        {"model": "command", "messages": SAY, "stream": True},
        facts={"response_id": "c2", "finish_reasons": ("MAX_TOKENS",), "finished": True},
    ),
    Case(
        "cohere v1 stream: JSON lines, the answer repeated in the last",
        "https://docs.cohere.com/v1/docs/streaming",
        "https://api.cohere.com/v1/chat",
        ndjson(
            {"is_finished": False, "event_type": "stream-start", "generation_id": "g1"},
            {"is_finished": False, "event_type": "text-generation", "text": "Hi"},
            {
                "is_finished": True,
                "event_type": "stream-end",
                "finish_reason": "COMPLETE",
                "response": {
                    "generation_id": "g1",
                    "text": "Hi",
                    "meta": {
                        "billed_units": {"input_tokens": 7, "output_tokens": 3},
                        "tokens": {"input_tokens": 69, "output_tokens": 4},
                    },
                },
            },
        ),
        {"input_tokens": 69, "output_tokens": 4},
        {"model": "command", "message": "Hi", "stream": True},
        headers={"content-type": "application/stream+json"},
        facts={"response_id": "g1", "finish_reasons": ("COMPLETE",), "finished": True},
    ),
    Case(
        "cohere v1 generate",
        "https://docs.cohere.com/v1/reference/generate",
        "https://api.cohere.com/v1/generate",
        dump(
            {
                "id": "x1",
                "generations": [{"id": "y1", "text": "Hi", "finish_reason": "COMPLETE"}],
                "meta": {"billed_units": {"input_tokens": 6, "output_tokens": 20}},
            }
        ),
        {"input_tokens": 6, "output_tokens": 20},
        {"model": "command", "prompt": "Hi"},
        facts={"response_id": "x1", "finish_reasons": ("COMPLETE",)},
        asked={"operation": "text_completion"},
    ),
    Case(
        "cohere embed",
        "https://docs.cohere.com/reference/embed",
        "https://api.cohere.com/v2/embed",
        dump(
            {
                "id": "e1",
                "embeddings": {"float": [[0.01] * 384]},
                "texts": ["Hi"],
                "meta": {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 208}},
            }
        ),
        {"input_tokens": 208},
        {"model": "embed-english-light-v3.0", "texts": ["Hi"], "input_type": "search_document"},
        asked={"operation": "embeddings"},
    ),
    Case(
        "cohere: a model that was taken away",
        "https://docs.cohere.com/reference/errors",
        "https://api.cohere.com/v1/chat",
        dump({"id": "7321d3c5", "message": "model 'command-r' was removed"}),
        {},
        {"model": "command-r", "message": "Hi"},
        status=404,
        facts={"error_type": "404", "response_id": "7321d3c5"},
    ),
    Case(
        "ollama chat: it streams unless told not to",
        OLLAMA + "#generate-a-chat-completion",
        "http://127.0.0.1:11434/api/chat",
        ndjson(
            {"model": "llama3", "message": {"role": "assistant", "content": "H"}, "done": False},
            {"model": "llama3", "message": {"role": "assistant", "content": "i"}, "done": False},
            {
                "model": "llama3",
                "message": {"role": "assistant", "content": ""},
                "done": True,
                "done_reason": "stop",
                "prompt_eval_count": 17,
                "eval_count": 63,
            },
        ),
        {"input_tokens": 17, "output_tokens": 63},
        {"model": "llama3", "messages": SAY},
        headers={"content-type": "application/x-ndjson"},
        facts={"finish_reasons": ("stop",), "finished": True, "model": "llama3"},
        asked={"provider": "ollama", "stream": True},
    ),
    Case(
        "ollama: a prompt from the cache is not counted, so the input is unknown",
        OLLAMA + "#generate-a-completion",
        "http://127.0.0.1:11434/api/generate",
        dump({"model": "llama3", "response": "Hi", "done": True, "eval_count": 58}),
        {"output_tokens": 58},
        {"model": "llama3", "prompt": "Hi", "stream": False},
        asked={"operation": "text_completion", "stream": False},
    ),
    Case(
        "ollama: an error in the midst of a stream",
        "https://github.com/ollama/ollama/blob/main/docs/api.md#errors",
        "http://127.0.0.1:11434/api/chat",
        ndjson(
            {"model": "llama3", "message": {"role": "assistant", "content": "H"}, "done": False},
            {"error": "an error was encountered while running the model"},
        ),
        {},
        {"model": "llama3", "messages": SAY},
        facts={"error_type": "error", "finished": False},
    ),
    Case(
        "ollama embed",
        OLLAMA + "#generate-embeddings",
        "http://127.0.0.1:11434/api/embed",
        dump({"model": "all-minilm", "embeddings": [[0.01] * 384], "prompt_eval_count": 8}),
        {"input_tokens": 8},
        {"model": "all-minilm", "input": "Hi"},
        asked={"operation": "embeddings"},
    ),
    Case(
        "ollama's OpenAI-compatible side is Ollama all the same",
        "https://github.com/ollama/ollama/blob/main/docs/openai.md",
        "http://localhost:11434/v1/chat/completions",
        dump(
            {
                "id": "chatcmpl-1",
                "model": "llama3",
                "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
            }
        ),
        {"input_tokens": 3, "output_tokens": 2},
        {"model": "llama3", "messages": SAY},
        asked={"provider": "ollama"},
    ),
    Case(
        "mistral conversations: the server names the conversation",
        CONVERSATIONS,
        "https://api.mistral.ai/v1/conversations",
        dump(
            {
                "object": "conversation.response",
                "conversation_id": "conv_1",
                "outputs": [
                    {"type": "message.output", "model": "mistral-medium-2505", "content": "Hi"}
                ],
                "usage": {"prompt_tokens": 26, "completion_tokens": 7, "total_tokens": 33},
            }
        ),
        {"input_tokens": 26, "output_tokens": 7},
        {"model": "mistral-medium-latest", "inputs": "Hi"},
        facts={"conversation_id": "conv_1", "model": "mistral-medium-2505", "finished": True},
    ),
    Case(
        "mistral conversations: what connectors found is input, too",
        "https://docs.mistral.ai/agents/tools/built-in/websearch",
        "https://api.mistral.ai/v1/conversations/conv_1#stream",
        sse(
            {"type": "conversation.response.started", "conversation_id": "conv_1"},
            {"type": "message.output.delta", "model": "mistral-medium-2505", "content": "Hi"},
            {
                "type": "conversation.response.done",
                "usage": {
                    "prompt_tokens": 188,
                    "completion_tokens": 55,
                    "total_tokens": 7355,
                    "connector_tokens": 7112,
                    "connectors": {"web_search": 1},
                },
            },
            named=True,
        ),
        {"input_tokens": 7300, "output_tokens": 55},
        {"inputs": "Hi", "stream": True},
        facts={"conversation_id": "conv_1", "finished": True},
    ),
    Case(
        "mistral FIM",
        "https://docs.mistral.ai/api/#tag/fim",
        "https://api.mistral.ai/v1/fim/completions",
        dump(
            {
                "id": "f1",
                "object": "chat.completion",
                "model": "codestral-2501",
                "choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 8, "completion_tokens": 1, "total_tokens": 9},
            }
        ),
        {"input_tokens": 8, "output_tokens": 1},
        {"model": "codestral-latest", "prompt": "def f(", "suffix": "return a + b"},
        asked={"operation": "text_completion"},
    ),
    Case(
        "cohere v2: reasoning is a part of the output",
        "https://docs.cohere.com/docs/reasoning",
        "https://api.cohere.com/v2/chat",
        dump(
            {
                "id": "c3",
                "finish_reason": "COMPLETE",
                "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
                "usage": {
                    "billed_units": {"input_tokens": 67, "output_tokens": 66},
                    "tokens": {"input_tokens": 510, "output_tokens": 99, "reasoning_tokens": 29},
                    "cached_tokens": 144,
                },
            }
        ),
        {
            "input_tokens": 510,
            "output_tokens": 99,
            "cache_read_tokens": 144,
            "reasoning_tokens": 29,
        },
        {"model": "command-a-reasoning-08-2025", "messages": SAY},
    ),
    Case(
        "cohere v2 stream: the last event says that it failed",
        "https://docs.cohere.com/reference/chat-stream",
        "https://api.cohere.com/v2/chat",
        sse(
            {"type": "message-start", "id": "c4", "delta": {"message": {"role": "assistant"}}},
            {
                "type": "message-end",
                "delta": {
                    "finish_reason": "ERROR",
                    "usage": {},
                    "error": "invalid tool generation",
                    "error_type": "INVALID_TOOL_GENERATION",
                },
            },
            named=True,
            done=True,
        ),
        {},
        {"model": "command-r-08-2024", "messages": SAY, "stream": True},
        facts={"error_type": "INVALID_TOOL_GENERATION", "finished": False},
    ),
    Case(
        "cohere v1: a whole answer",
        "https://docs.cohere.com/v1/reference/chat",
        "https://api.cohere.com/v1/chat",
        dump(
            {
                "response_id": "r2",
                "generation_id": "g2",
                "text": "Hi",
                "finish_reason": "COMPLETE",
                "meta": {
                    "api_version": {"version": "1"},
                    "billed_units": {"input_tokens": 7, "output_tokens": 81},
                    "tokens": {"input_tokens": 69, "output_tokens": 82},
                },
            }
        ),
        {"input_tokens": 69, "output_tokens": 82},
        {"model": "command-r", "message": "Hi"},
        facts={"response_id": "g2", "finish_reasons": ("COMPLETE",), "finished": True},
        asked={"trigger": "user"},
    ),
    Case(
        "ollama generate: streamed, with the counts in the last line",
        OLLAMA + "#generate-a-completion",
        "http://127.0.0.1:11434/api/generate",
        ndjson(
            {"model": "llama3", "response": "H", "done": False},
            {"model": "llama3", "response": "i", "done": False},
            {
                "model": "llama3",
                "response": "",
                "done": True,
                "done_reason": "length",
                "context": [1, 2, 3],
                "prompt_eval_count": 26,
                "eval_count": 9,
            },
        ),
        {"input_tokens": 26, "output_tokens": 9},
        {"model": "llama3", "prompt": "Hi"},
        facts={"finish_reasons": ("length",), "finished": True},
        asked={"operation": "text_completion", "stream": True},
    ),
    Case(
        "ollama's older embeddings tell no usage",
        OLLAMA + "#generate-embedding",
        "http://127.0.0.1:11434/api/embeddings",
        dump({"embedding": [0.5, 0.25]}),
        {},
        {"model": "all-minilm", "prompt": "Hi"},
        facts={"finished": True},
        asked={"operation": "embeddings", "provider": "ollama"},
    ),
    Case(
        "mistral agents: a chat by another path",
        "https://docs.mistral.ai/api/#tag/agents",
        "https://api.mistral.ai/v1/agents/completions",
        dump(
            {
                "id": "a1",
                "model": "mistral-large-latest",
                "choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": "stop"}],
                "usage": {
                    "prompt_audio_seconds": {},
                    "prompt_tokens": 33,
                    "completion_tokens": 4,
                    "total_tokens": 37,
                    "prompt_token_details": {"cached_tokens": 16},
                },
            }
        ),
        {"input_tokens": 33, "output_tokens": 4, "cache_read_tokens": 16},
        {"agent_id": "ag:1", "messages": SAY},
        asked={"provider": "mistral_ai", "operation": "chat"},
    ),
    Case(
        "mistral conversations: a failure in the stream",
        CONVERSATIONS,
        "https://api.mistral.ai/v1/conversations#stream",
        sse(
            {"type": "conversation.response.started", "conversation_id": "conv_2"},
            {"type": "conversation.response.error", "message": "?", "code": 500},
            named=True,
        ),
        {},
        {"model": "mistral-medium-latest", "inputs": "Hi", "stream": True},
        facts={"error_type": "500", "finished": False, "conversation_id": "conv_2"},
    ),
]
