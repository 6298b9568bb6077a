"""Servers that one runs oneself (vLLM, SGLang, llama.cpp) and that speak OpenAI's chat."""

from __future__ import annotations

from wire.cases_openai import ASK, STREAM, delta, whole
from wire.exchange import Case, dump, sse

CASES = [
    Case(
        "vLLM: usage in every chunk of a stream, the last one counts",
        "https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html",
        "http://localhost:8000/v1/chat/completions",
        sse(
            delta("a", usage={"prompt_tokens": 57, "completion_tokens": 1, "total_tokens": 58}),
            delta("b", usage={"prompt_tokens": 57, "completion_tokens": 2, "total_tokens": 59}),
            delta(
                None,
                "stop",
                usage={"prompt_tokens": 57, "completion_tokens": 3, "total_tokens": 60},
            ),
            done=True,
        ),
        {"input_tokens": 57, "output_tokens": 3},
        STREAM,
    ),
    Case(
        "SGLang: reasoning at the top of the usage is a part of the completion",
        "https://docs.sglang.ai/basic_usage/openai_api_completions.html",
        "http://localhost:30000/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 20,
                "total_tokens": 120,
                "completion_tokens": 100,
                "prompt_tokens_details": None,
                "reasoning_tokens": 70,
            }
        ),
        {"input_tokens": 20, "output_tokens": 100, "reasoning_tokens": 70},
        ASK,
    ),
    Case(
        "vLLM stream: an error in its midst",
        "https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html",
        "http://localhost:8000/v1/chat/completions",
        sse(
            delta("Hi"),
            {"error": {"message": "?", "type": "InternalServerError", "param": None, "code": 500}},
            done=True,
        ),
        {},
        STREAM,
        facts={"error_type": "500", "finished": False},
    ),
    Case(
        "vLLM: an error of its older form",
        "https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html",
        "http://localhost:8000/v1/chat/completions",
        dump({"object": "error", "message": "?", "type": "BadRequestError", "code": 400}),
        {},
        ASK,
        status=400,
        facts={"error_type": "BadRequestError", "finished": False},
    ),
    Case(
        "llama.cpp stream: broken off by a line that is no event",
        "https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        "http://localhost:8080/v1/chat/completions",
        sse(*[delta("Hi", usage=None)] * 9)
        + b'error: {"code":500,"message":"context is full","type":"server_error"}\n\n',
        {},
        STREAM,
        facts={"error_type": "500", "finished": False},
    ),
    Case(
        "a server that fills in zeros after the usage",
        "https://docs.vllm.ai/en/stable/serving/openai_compatible_server.html",
        "http://localhost:8000/v1/chat/completions",
        sse(
            delta("a", usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            delta(
                None,
                "stop",
                usage={"prompt_tokens": 6, "completion_tokens": 2, "total_tokens": 8},
            ),
            delta(usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            done=True,
        ),
        {"input_tokens": 6, "output_tokens": 2},
        STREAM,
    ),
]
