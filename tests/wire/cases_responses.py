"""OpenAI Responses, the polls of background jobs included."""

from __future__ import annotations

from wire.exchange import Case, dump, sse

RESPONSE = "https://platform.openai.com/docs/api-reference/responses/object"
RESPONSES = "https://api.openai.com/v1/responses"
INPUT = {"model": "gpt-5", "input": "Hi"}


def response(status="completed", **more):
    return {
        "id": "resp_1",
        "object": "response",
        "status": status,
        "model": "gpt-5-2025-08-07",
        "background": False,
        "output": [],
        "usage": None,
        **more,
    }


CASES = [
    Case(
        "responses: cache reads, cache writes and reasoning are parts",
        RESPONSE,
        RESPONSES,
        dump(
            response(
                service_tier="priority",
                usage={
                    "input_tokens": 2006,
                    "input_tokens_details": {"cached_tokens": 1920, "cache_write_tokens": 64},
                    "output_tokens": 300,
                    "output_tokens_details": {"reasoning_tokens": 256},
                    "total_tokens": 2306,
                },
            )
        ),
        {
            "input_tokens": 2006,
            "output_tokens": 300,
            "cache_read_tokens": 1920,
            "cache_write_tokens": 64,
            "reasoning_tokens": 256,
        },
        INPUT,
        facts={"service_tier": "priority", "finish_reasons": ("completed",), "finished": True},
    ),
    Case(
        "responses stream: usage on the last event",
        "https://platform.openai.com/docs/api-reference/responses-streaming",
        RESPONSES,
        sse(
            {"type": "response.created", "response": response("in_progress")},
            {"type": "response.output_text.delta", "delta": "Hi", "item_id": "msg_1"},
            {
                "type": "response.completed",
                "response": response(
                    usage={
                        "input_tokens": 11,
                        "input_tokens_details": {"cached_tokens": 0},
                        "output_tokens": 4,
                        "output_tokens_details": {"reasoning_tokens": 0},
                        "total_tokens": 15,
                    }
                ),
            },
            named=True,
        ),
        {"input_tokens": 11, "output_tokens": 4, "cache_read_tokens": 0, "reasoning_tokens": 0},
        {**INPUT, "stream": True},
        facts={"finished": True, "response_id": "resp_1"},
    ),
    Case(
        "responses stream: an incomplete answer is billed and says why it ended",
        "https://platform.openai.com/docs/api-reference/responses-streaming",
        RESPONSES,
        sse(
            {"type": "response.created", "response": response("in_progress")},
            {
                "type": "response.incomplete",
                "response": response(
                    "incomplete",
                    incomplete_details={"reason": "max_output_tokens"},
                    usage={"input_tokens": 5, "output_tokens": 16, "total_tokens": 21},
                ),
            },
            named=True,
        ),
        {"input_tokens": 5, "output_tokens": 16},
        {**INPUT, "stream": True},
        facts={"finish_reasons": ("max_output_tokens",), "finished": True, "error_type": None},
    ),
    Case(
        "responses stream: a failure under status 200",
        "https://platform.openai.com/docs/api-reference/responses-streaming",
        RESPONSES,
        sse(
            {"type": "response.created", "response": response("in_progress")},
            {
                "type": "response.failed",
                "response": response("failed", error={"code": "server_error", "message": "?"}),
            },
            named=True,
        ),
        {},
        {**INPUT, "stream": True},
        facts={"error_type": "server_error", "finished": False},
    ),
    Case(
        "responses stream: an error event",
        "https://platform.openai.com/docs/api-reference/responses-streaming/error",
        RESPONSES,
        sse(
            {"type": "response.created", "response": response("in_progress")},
            {"type": "error", "code": "rate_limit_exceeded", "message": "?", "param": None},
            named=True,
        ),
        {},
        {**INPUT, "stream": True},
        facts={"error_type": "rate_limit_exceeded"},
    ),
    Case(
        "responses: compacting a conversation bills",
        "https://platform.openai.com/docs/api-reference/responses/compact",
        RESPONSES + "/compact",
        dump(
            {
                "id": "resp_9",
                "object": "response.compaction",
                "output": [{"id": "cmp_1", "type": "compaction", "encrypted_content": "gAAA"}],
                "usage": {
                    "input_tokens": 156,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens": 190,
                    "output_tokens_details": {"reasoning_tokens": 0},
                    "total_tokens": 346,
                },
            }
        ),
        {"input_tokens": 156, "output_tokens": 190, "cache_read_tokens": 0, "reasoning_tokens": 0},
        INPUT,
        facts={"response_id": "resp_9", "finished": True},
    ),
    Case(
        "responses: a background job is answered at once and has no usage yet",
        "https://platform.openai.com/docs/guides/background",
        RESPONSES,
        dump(response("queued", background=True)),
        {},
        {**INPUT, "background": True},
        facts={"deferred": True, "background": True, "emit": True},
    ),
    Case(
        "responses: the poll that finds a background job at work brings nothing",
        "https://platform.openai.com/docs/guides/background",
        RESPONSES + "/resp_1",
        dump(response("in_progress", background=True)),
        {},
        method="GET",
        facts={"emit": False},
    ),
    Case(
        "responses: the poll that finds a background job done brings its usage",
        "https://platform.openai.com/docs/guides/background",
        RESPONSES + "/resp_1",
        dump(
            response(
                background=True,
                usage={"input_tokens": 15, "output_tokens": 9, "total_tokens": 24},
            )
        ),
        {"input_tokens": 15, "output_tokens": 9},
        method="GET",
        facts={"emit": True, "response_id": "resp_1", "model": "gpt-5-2025-08-07"},
    ),
    Case(
        "responses: a background job taken up again as a stream",
        "https://platform.openai.com/docs/guides/background#streaming-a-background-response",
        RESPONSES + "/resp_1?stream=true&starting_after=7",
        sse(
            {"type": "response.output_text.delta", "delta": "Hi", "item_id": "msg_1"},
            {
                "type": "response.completed",
                "response": response(
                    background=True,
                    usage={"input_tokens": 15, "output_tokens": 9, "total_tokens": 24},
                ),
            },
            named=True,
        ),
        {"input_tokens": 15, "output_tokens": 9},
        method="GET",
        facts={"emit": True},
    ),
    Case(
        "responses: fetching an answer that was counted when it was made",
        "https://platform.openai.com/docs/api-reference/responses/get",
        RESPONSES + "/resp_1",
        dump(response(usage={"input_tokens": 15, "output_tokens": 9, "total_tokens": 24})),
        {"input_tokens": 15, "output_tokens": 9},
        method="GET",
        facts={"emit": False},
    ),
    Case(
        "responses stream: a failure that was billed keeps its usage",
        "https://platform.openai.com/docs/api-reference/responses-streaming",
        RESPONSES,
        sse(
            {"type": "response.queued", "response": response("queued")},
            {"type": "response.in_progress", "response": response("in_progress")},
            {
                "type": "response.failed",
                "response": response(
                    "failed",
                    error={"code": "rate_limit_exceeded", "message": "?"},
                    usage={"input_tokens": 40, "output_tokens": 3, "total_tokens": 43},
                ),
            },
            named=True,
        ),
        {"input_tokens": 40, "output_tokens": 3},
        {**INPUT, "stream": True},
        facts={"error_type": "rate_limit_exceeded", "finished": False},
    ),
    Case(
        "responses: the poll of a background job that was cancelled after some work",
        "https://platform.openai.com/docs/guides/background#cancelling-a-background-response",
        RESPONSES + "/resp_1",
        dump(
            response(
                "cancelled",
                background=True,
                usage={"input_tokens": 15, "output_tokens": 2, "total_tokens": 17},
            )
        ),
        {"input_tokens": 15, "output_tokens": 2},
        method="GET",
        facts={"emit": True, "finish_reasons": ("cancelled",), "deferred": False},
    ),
    Case(
        "responses: the poll of a background job that failed before it cost anything",
        "https://platform.openai.com/docs/guides/background",
        RESPONSES + "/resp_1",
        dump(response("failed", background=True, error={"code": "server_error", "message": "?"})),
        {},
        method="GET",
        facts={"emit": False, "error_type": "server_error"},
    ),
    Case(
        "responses: a background job begun as a stream and followed to its end",
        "https://platform.openai.com/docs/guides/background#streaming-a-background-response",
        RESPONSES,
        sse(
            {"type": "response.created", "response": response("queued", background=True)},
            {
                "type": "response.completed",
                "response": response(
                    background=True,
                    usage={"input_tokens": 15, "output_tokens": 9, "total_tokens": 24},
                ),
            },
            named=True,
        ),
        {"input_tokens": 15, "output_tokens": 9},
        {**INPUT, "background": True, "stream": True},
        facts={"background": True, "deferred": False, "emit": True},
    ),
    Case(
        "responses: a prompt that the server keeps names the model",
        "https://platform.openai.com/docs/guides/prompting",
        RESPONSES,
        dump(
            response(
                model="gpt-5-mini",
                usage={"input_tokens": 21, "output_tokens": 4, "total_tokens": 25},
            )
        ),
        {"input_tokens": 21, "output_tokens": 4},
        {"prompt": {"id": "pmpt_1", "version": "2"}},
        facts={"model": "gpt-5-mini"},
        asked={"model": None},
    ),
]
