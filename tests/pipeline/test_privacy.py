"""Content and secrets never pass the collector, whatever an app sends; users by pseudonym where wanted."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest
import yaml
from pipeline.conftest import HASH_KEY, ROOT, call, gauge, log, until

PROSE = "the prose of a prompt"
# What the instrumentations that people run put prompts, answers and tool data into.
CONTENT = [
    # https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.prompt",
    "gen_ai.completion",
    # https://github.com/traceloop/openllmetry
    "gen_ai.prompt.0.content",
    "gen_ai.completion.0.tool_calls.0.arguments",
    "traceloop.entity.input",
    "traceloop.entity.output",
    # https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
    "input.value",
    "output.value",
    "llm.input_messages.0.message.content",
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments",
    "llm.prompts",
    "llm.prompt_template.variables",
    "retrieval.documents.0.document.content",
    # others
    "langfuse.observation.input",
    "ai.prompt.messages",
    "ai.response.text",
    "all_messages_events",
    "pydantic_ai.all_messages",
    "prompt",
]
SECRETS = {
    "openai": "sk-proj-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY",
    "anthropic": "sk-ant-api03-aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY",
    "aws": "AKIAIOSFODNN7EXAMPLE",
    "google": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "github": "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "huggingface": "hf_abcdefghijklmnopqrstuvwxyzABCDEFGH",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN",
    "header": "Bearer abcdefghijklmnop0123456789",
    "url": "https://joe:hunter22@db.example/x",
    "pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----",
}
# What looks a little like a secret and is none: nothing may be lost by the masking.
HARMLESS = {
    "tokenboard.task.id": "task-0123456789abcdef0123456789",
    "gen_ai.response.id": "chatcmpl-sk0123456789abcdef0123456789",
    "session.id": "risk-0123456789abcdef0123456789",
    "tokenboard.prompt.hash": "9f86d081884c7d659a2feaa0c55ad015",
    "url.full": "https://api.openai.com:443/v1/chat/completions?x=a@b",
    "gen_ai.token.type": "input",
}


@pytest.fixture(scope="module")
def plain(collector):
    return collector()


def spans(query, trace):
    """The span of that trace, once it is stored: attributes, events' attributes, everything as text."""
    found = (
        "SELECT SpanAttributes, Events.Attributes, toString(tuple(*)) FROM otel_traces "
        f"WHERE TraceId = '{trace:032x}'"
    )
    return until(lambda: query(found))[0]


def test_content_is_dropped_and_usage_kept(plain, query):
    """Every known content attribute goes, of spans, events, logs and their bodies; the call stays whole."""
    sent = dict.fromkeys(CONTENT, PROSE)
    sent["input.value"] = [{"role": "user", "content": PROSE}]
    answers = [
        plain.post("traces", call(1, sent, events=[{"gen_ai.prompt": PROSE, "n": 1}])),
        plain.post("logs", log(PROSE, sent, name="gen_ai.user.message")),
        plain.post("logs", log({"content": PROSE}, {"event.name": "gen_ai.choice"})),
        plain.post("logs", log({"prompt": PROSE, "n": 1}, {"prompt": PROSE})),
        plain.post("logs", log("an ordinary line", {})),
        plain.post("metrics", gauge({"prompt": PROSE})),
    ]
    assert [answer.status_code for answer in answers] == [200] * 6
    attributes, events, everything = spans(query, 1)
    assert PROSE not in everything
    assert events == [{"n": "1"}]
    assert attributes["gen_ai.usage.input_tokens"] == "900"
    assert attributes["gen_ai.response.id"] == "chatcmpl-1"
    logs = until(lambda: len(rows := query("SELECT Body FROM otel_logs")) == 4 and rows)
    assert sorted(body for (body,) in logs) == [
        "[content removed]",
        "[content removed]",
        "an ordinary line",
        '{"n":1}',
    ]
    texts = query(
        "SELECT toString(tuple(*)) FROM otel_logs UNION ALL "
        "SELECT toString(tuple(*)) FROM otel_metrics_gauge"
    )
    assert not any(PROSE in text for (text,) in texts)


def test_nothing_that_the_books_read_is_taken_for_content():
    """No attribute that the SQL names is dropped or masked on the way."""
    processors = yaml.safe_load((ROOT / "collector" / "config.yaml").read_text())["processors"]
    statement = processors["transform/content"]["trace_statements"][0]["statements"][0]
    dropped = re.search(r'attributes, "(.*)"\)', statement)[1].replace("\\\\", "\\")
    patterns = [dropped, *processors["redaction/secrets"]["blocked_key_patterns"]]
    patterns = [re.compile(pattern.replace("$$", "$")) for pattern in patterns]
    assert all(any(one.search(name) for one in patterns) for name in ("prompt", "x.api_key"))
    read = {
        name
        for path in (ROOT / "clickhouse").rglob("*.sql")
        for name in re.findall(r"\['([A-Za-z_][\w.]+)'\]", path.read_text("utf-8"))
    }
    assert "gen_ai.usage.input_tokens" in read
    assert {name for name in read if any(one.search(name) for one in patterns)} == set()


def test_secrets_are_masked_wherever_they_stand(plain, query):
    """API keys, tokens and passwords become asterisks in any attribute, event or log body; lookalikes stay."""
    sent = {f"x.{name}": f"before {secret} after" for name, secret in SECRETS.items()}
    sent |= {"list": [f"a {SECRETS['openai']}"], "http.request.header.x-api-key": "k-123"}
    sent |= {"db.password": "hunter2", **HARMLESS}
    error = {"exception.message": f"401: wrong key {SECRETS['openai']}"}
    stated = {"code": 2, "message": f"wrong key {SECRETS['anthropic']}"}
    assert plain.post("traces", call(2, sent, events=[error], status=stated)).status_code == 200
    assert plain.post("logs", log(f"key={SECRETS['google']}", sent)).status_code == 200
    attributes, events, everything = spans(query, 2)
    assert events == [{"exception.message": "401: wrong key ****"}]
    assert attributes["x.openai"] == "before **** after"
    assert attributes["db.password"] == attributes["http.request.header.x-api-key"] == "****"
    assert {key: attributes[key] for key in HARMLESS} == HARMLESS
    assert until(lambda: query("SELECT Body FROM otel_logs WHERE Body LIKE 'key=%'")) == [
        ("key=****",)
    ]
    (texts,) = query("SELECT toString(tuple(*)) FROM otel_logs WHERE Body LIKE 'key=%'")
    for secret in (*SECRETS.values(), "hunter2", "k-123"):
        assert secret.split("\n")[0] not in everything + texts[0]


def test_a_switch_keeps_content_but_never_secrets(collector, query):
    """With content.yaml prompts are stored, the secrets in them masked."""
    kept = collector("content")
    sent = {"gen_ai.input.messages": f"{PROSE} {SECRETS['openai']}"}
    assert kept.post("traces", call(3, sent)).status_code == 200
    assert spans(query, 3)[0]["gen_ai.input.messages"] == f"{PROSE} ****"
    kept.stop()


def test_users_by_pseudonym(collector, query, tmp_path):
    """With pseudonyms.yaml a user is the keyed hash of the name, the same one everywhere, and named nowhere."""
    (tmp_path / "key").write_text(HASH_KEY)
    hidden = collector("pseudonyms", PSEUDONYM_KEY_FILE=str(tmp_path / "key"))
    said = {"user.id": "ada@example.com", "tokenboard.end_user.id": "customer-7"}
    said |= {"user.email": "ada@example.com", "tokenboard.user.source": "context"}
    resource = {"user.id": "ada@example.com"}
    assert hidden.post("traces", call(4, said, resource=resource, events=[said])).status_code == 200
    assert hidden.post("logs", log("pseudonymous", said)).status_code == 200
    pseudonym = hmac.new(HASH_KEY.encode(), b"ada@example.com", hashlib.sha256).hexdigest()
    attributes, _, everything = spans(query, 4)
    assert attributes["user.id"] == attributes["user.email"] == pseudonym
    assert attributes["tokenboard.user.source"] == "context"
    body = "SELECT toString(tuple(*)) FROM otel_logs WHERE Body = 'pseudonymous'"
    ((text,),) = until(lambda: query(body))
    assert "ada@" not in everything + text
    assert "customer-7" not in everything + text
    until(lambda: query(f"SELECT 1 FROM leaderboard WHERE user_id = '{pseudonym}'"))
    hidden.stop()
