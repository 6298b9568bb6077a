"""What is a call to a model, and what only looks like one."""

from __future__ import annotations

import pytest
from tokenboard.wire import match
from wire.exchange import HASHER, dump

BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/"
VERTEX = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/"
CHAT = "/chat/completions"

CALLS = [
    ("https://api.openai.com/v1/chat/completions", "openai.chat", "openai"),
    ("https://eu.api.openai.com/v1/responses", "openai.responses", "openai"),
    ("https://api.openai.com/v1/responses/compact", "openai.responses", "openai"),
    ("https://api.openai.com/v1/completions?x=1#y", "openai.completions", "openai"),
    ("https://api.openai.com/v1/embeddings", "openai.embeddings", "openai"),
    ("https://r.openai.azure.com//openai/deployments/d/chat/completions?api-version=1",
     "openai.chat", "azure.ai.openai"),
    ("https://r.openai.azure.com/openai/v1/responses", "openai.responses", "azure.ai.openai"),
    ("https://r.services.ai.azure.com/models/chat/completions", "openai.chat",
     "azure.ai.inference"),
    ("https://r.services.ai.azure.com/openai/v1/chat/completions", "openai.chat",
     "azure.ai.openai"),
    ("https://r.cognitiveservices.azure.com/openai/deployments/d/embeddings?api-version=1",
     "openai.embeddings", "azure.ai.openai"),
    ("https://r.services.ai.azure.com/anthropic/v1/messages", "anthropic.messages",
     "azure.ai.inference"),
    ("https://openrouter.ai/api/v1/chat/completions", "openai.chat", "openrouter"),
    ("https://openrouter.ai/api/v1/responses", "openai.responses", "openrouter"),
    ("https://api.groq.com/openai/v1/chat/completions", "openai.chat", "groq"),
    ("https://api.together.xyz/v1/chat/completions", "openai.chat", "together_ai"),
    ("https://api.deepseek.com/beta/chat/completions", "openai.chat", "deepseek"),
    ("https://api.mistral.ai/v1/agents/completions", "openai.chat", "mistral_ai"),
    ("https://api.mistral.ai/v1/fim/completions", "openai.completions", "mistral_ai"),
    ("https://api.mistral.ai/v1/embeddings", "openai.embeddings", "mistral_ai"),
    ("https://api.cerebras.ai/v1/chat/completions", "openai.chat", "cerebras"),
    ("https://api.x.ai/v1/chat/completions", "openai.chat", "x_ai"),
    ("https://router.huggingface.co/together/v1/chat/completions", "openai.chat", "hugging_face"),
    ("https://api.fireworks.ai/inference/v1/chat/completions", "openai.chat", "fireworks_ai"),
    ("https://api.perplexity.ai/chat/completions", "openai.chat", "perplexity"),
    ("https://api.moonshot.cn/v1/chat/completions", "openai.chat", "moonshot_ai"),
    ("https://integrate.api.nvidia.com/v1/chat/completions", "openai.chat", "nvidia"),
    ("https://api.sambanova.ai/v1/chat/completions", "openai.chat", "sambanova"),
    ("https://api.portkey.ai/v1/prompts/pp-1/completions", "openai.chat", "portkey"),
    ("http://localhost:11434/v1/chat/completions", "openai.chat", "ollama"),
    ("http://vllm.internal:8000/v1/chat/completions", "openai.chat", "openai"),
    ("http://[::1]:8000/v1/chat/completions", "openai.chat", "openai"),
    ("https://ec2-1-2-3-4.compute-1.amazonaws.com/v1/chat/completions", "openai.chat", "openai"),
    ("https://bedrock-mantle.us-east-1.api.aws/v1/chat/completions", "openai.chat", "aws.bedrock"),
    ("https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions", "openai.chat",
     "aws.bedrock"),
    ("https://adb-1.2.azuredatabricks.net/serving-endpoints/chat/completions", "openai.chat",
     "databricks"),
    ("https://api.anthropic.com/v1/messages?beta=true", "anthropic.messages", "anthropic"),
    ("https://api.deepseek.com/anthropic/v1/messages", "anthropic.messages", "deepseek"),
    (VERTEX + "publishers/anthropic/models/claude-x@1:rawPredict", "anthropic.messages",
     "gcp.vertex_ai"),
    (VERTEX + "publishers/mistralai/models/mistral-large:streamRawPredict", "openai.chat",
     "gcp.vertex_ai"),
    (VERTEX + "endpoints/openapi/chat/completions", "openai.chat", "gcp.vertex_ai"),
    (VERTEX + "publishers/google/models/gemini-2.5-pro:generateContent", "gemini.generate",
     "gcp.vertex_ai"),
    (VERTEX + "endpoints/123:streamGenerateContent?alt=sse", "gemini.generate", "gcp.vertex_ai"),
    (VERTEX + "publishers/google/models/text-embedding-005:predict", "gemini.embed",
     "gcp.vertex_ai"),
    ("https://aiplatform.googleapis.com/v1/publishers/google/models/gemini-2.5-pro:generateContent",
     "gemini.generate", "gcp.vertex_ai"),
    (GEMINI + "models/gemini-2.5-flash:streamGenerateContent", "gemini.generate", "gcp.gemini"),
    (GEMINI + "tunedModels/mine:generateContent", "gemini.generate", "gcp.gemini"),
    (GEMINI + "models/gemini-embedding-001:embedContent", "gemini.embed", "gcp.gemini"),
    (GEMINI + "models/gemini-embedding-001%3AbatchEmbedContents", "gemini.embed", "gcp.gemini"),
    (GEMINI + "openai/chat/completions", "openai.chat", "gcp.gemini"),
    (GEMINI + "interactions", "gemini.interactions", "gcp.gemini"),
    (BEDROCK + "m/converse", "bedrock.converse", "aws.bedrock"),
    (BEDROCK + "m/converse-stream", "bedrock.converse", "aws.bedrock"),
    (BEDROCK + "m/invoke", "bedrock.invoke", "aws.bedrock"),
    (BEDROCK + "m/invoke-with-response-stream", "bedrock.invoke", "aws.bedrock"),
    (BEDROCK + "amazon.titan-embed-text-v2:0/invoke", "bedrock.embed", "aws.bedrock"),
    ("http://localhost:8787/bedrock/model/amazon.nova-micro-v1%3A0/converse", "bedrock.converse",
     "aws.bedrock"),
    ("https://api.cohere.com/v2/chat", "cohere.chat", "cohere"),
    ("https://api.cohere.ai/v1/chat", "cohere.chat.v1", "cohere"),
    ("https://api.cohere.com/compatibility/v1/chat/completions", "openai.chat", "cohere"),
    ("https://api.cohere.com/v1/generate", "cohere.generate", "cohere"),
    ("https://api.cohere.com/v1/embed", "cohere.embed", "cohere"),
    ("http://127.0.0.1:11434/api/chat", "ollama.chat", "ollama"),
    ("http://127.0.0.1:11434/api/generate", "ollama.generate", "ollama"),
    ("https://ollama.com/api/chat", "ollama.chat", "ollama"),
    ("http://vllm.internal:8000/v1/chat/completions/", "openai.chat", "openai"),
    ("https://API.OPENAI.COM/v1/chat/completions", "openai.chat", "openai"),
    ("https://us.api.openai.com/v1/responses?x=/y", "openai.responses", "openai"),
    ("https://my.azure-api.net/openai/deployments/d/embeddings?api-version=1",
     "openai.embeddings", "azure.ai.openai"),
    ("https://oai.helicone.ai/v1/chat/completions", "openai.chat", "openai"),
    ("https://gateway.ai.cloudflare.com/v1/a/g/openai/chat/completions", "openai.chat",
     "cloudflare"),
    ("https://gateway.ai.cloudflare.com/v1/a/g/anthropic/v1/messages", "anthropic.messages",
     "cloudflare"),
    ("https://gateway.ai.cloudflare.com/v1/a/g/google-ai-studio/v1/models/g:generateContent",
     "gemini.generate", "cloudflare"),
    ("https://gateway.ai.cloudflare.com/v1/a/g/aws-bedrock/bedrock-runtime/us-east-1/model/m/invoke",
     "bedrock.invoke", "cloudflare"),
    ("https://api.portkey.ai/v1/messages", "anthropic.messages", "portkey"),
    ("https://ai-gateway.vercel.sh/v1/chat/completions", "openai.chat", "vercel"),
    ("http://litellm.internal:4000/engines/gpt-4o/chat/completions", "openai.chat", "openai"),
    ("http://litellm.internal:4000/gemini/v1beta/models/g:generateContent", "gemini.generate",
     "gcp.gemini"),
    ("http://litellm.internal:4000/bedrock/model/m/converse", "bedrock.converse", "aws.bedrock"),
    ("https://aiplatform.eu.rep.googleapis.com/v1/endpoints/openapi/chat/completions",
     "openai.chat", "gcp.vertex_ai"),
    ("https://1.us-central1-2.prediction.vertexai.goog/v1/endpoints/e/chat/completions",
     "openai.chat", "gcp.vertex_ai"),
    ("https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/interactions",
     "gemini.interactions", "gcp.vertex_ai"),
    ("https://vpce-1-2.bedrock-runtime.us-east-1.vpce.amazonaws.com/openai/v1/chat/completions",
     "openai.chat", "aws.bedrock"),
    ("https://bedrock-runtime.cn-north-1.amazonaws.com.cn/openai/v1/chat/completions",
     "openai.chat", "aws.bedrock"),
    ("https://bedrock-mantle.us-east-1.api.aws/anthropic/v1/messages", "anthropic.messages",
     "aws.bedrock"),
    ("https://bedrock-runtime-fips.us-east-1.amazonaws.com/model/m/converse", "bedrock.converse",
     "aws.bedrock"),
]  # fmt: skip

NO_CALLS = [
    ("POST", "https://api.anthropic.com/v1/messages/count_tokens"),
    ("POST", "https://api.anthropic.com/v1/messages/batches"),
    ("GET", "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results"),
    ("POST", "https://api.openai.com/v1/responses/input_tokens"),
    ("POST", "https://api.openai.com/v1/responses/resp_1/cancel"),
    ("DELETE", "https://api.openai.com/v1/responses/resp_1"),
    ("GET", "https://api.openai.com/v1/responses/resp_1/input_items"),
    ("GET", "https://api.openai.com/v1/chat/completions"),
    ("GET", "https://api.openai.com/v1/chat/completions/chatcmpl_1"),
    ("POST", "https://api.openai.com/v1/chat/completions/chatcmpl_1"),
    ("POST", "https://api.openai.com/v1/batches"),
    ("POST", "https://api.openai.com/v1/files"),
    ("POST", "https://api.openai.com/v1/moderations"),
    ("POST", "https://api.openai.com/v1/conversations"),
    ("POST", "https://api.openai.com/v1/conversations/conv_1/items"),
    ("POST", "https://api.openai.com/v1/threads"),
    ("POST", "https://api.openai.com/v1/threads/thread_1/messages"),
    ("POST", "https://api.openai.com/v1/assistants"),
    ("POST", "https://api.openai.com/v1/vector_stores"),
    ("GET", "https://api.openai.com/v1/models"),
    ("POST", "https://api.mistral.ai/v1/ocr"),
    ("POST", "https://api.openai.com/v1/images/generations"),
    ("POST", "https://api.openai.com/v1/images/edits"),
    ("POST", "https://api.openai.com/v1/audio/transcriptions"),
    ("POST", "https://api.openai.com/v1/audio/speech"),
    ("POST", "https://api.openai.com/v1/realtime/client_secrets"),
    ("GET", "https://api.openai.com/v1/batches/batch_1"),
    ("GET", "https://api.openai.com/v1/files/file-1/content"),
    ("GET", "https://openrouter.ai/api/v1/generation?id=gen-1"),
    ("POST", "https://api.mistral.ai/v1/chat/moderations"),
    ("GET", "https://api.mistral.ai/v1/conversations/conv_1/history"),
    ("POST", BEDROCK + "m/count-tokens"),
    ("POST", BEDROCK + "cohere.rerank-v3-5:0/invoke"),
    ("POST", BEDROCK + "amazon.titan-image-generator-v2:0/invoke"),
    ("POST", "https://bedrock-runtime.eu-west-1.amazonaws.com/guardrail/g/version/1/apply"),
    ("POST", "https://bedrock-runtime.eu-west-1.amazonaws.com/async-invoke"),
    ("POST", GEMINI + "models/gemini-2.5-flash:countTokens"),
    ("POST", GEMINI + "models/gemini-2.5-flash:batchGenerateContent"),
    ("POST", GEMINI + "models/veo-3:predictLongRunning"),
    ("POST", GEMINI + "cachedContents"),
    ("GET", GEMINI + "models"),
    ("POST", VERTEX + "publishers/anthropic/models/count-tokens:rawPredict"),
    ("POST", VERTEX + "publishers/google/models/imagen-4:predict"),
    ("POST", VERTEX + "publishers/google/models/gemini-2.5-pro:computeTokens"),
    ("POST", "https://api.cohere.com/v1/tokenize"),
    ("POST", "https://api.cohere.com/v2/rerank"),
    ("POST", "https://api.cohere.com/v1/embed-jobs"),
    ("GET", "http://127.0.0.1:11434/api/tags"),
    ("POST", "http://127.0.0.1:11434/api/show"),
    ("POST", "http://127.0.0.1:11434/api/pull"),
    ("GET", "https://api.typeform.com/forms/f/responses/abc"),
    ("POST", "https://example.com/"),
    ("POST", "https://example.com"),
    ("POST", "http://[broken/v1/chat/completions"),
    ("POST", "http://h:notaport/v1/chat/completions"),
    ("PUT", "https://api.openai.com/v1/chat/completions"),
    ("OPTIONS", "https://api.openai.com/v1/chat/completions"),
]

# The same paths are used by others; on a host that nobody knows the body decides.
SIMILAR = [
    ("https://chat.example.com/api/v1/messages", {"type": "stream", "to": "all", "content": "Hi"}),
    ("https://forms.example.com/v1/responses", {"form": 7, "answers": ["a"]}),
    ("https://shell.example.com/completions", {"line": "git che"}),
    ("https://example.com/api/chat", {"messages": [{"role": "user", "content": "Hi"}]}),
    ("https://example.com/api/generate", {"kind": "report"}),
    ("https://example.com/api/embed", {"url": "https://example.com/video"}),
    ("https://search.example.com/v1/embeddings", {"vectors": []}),
    ("https://example.com/v1/chat", {"text": "Hi"}),
    ("https://example.com/v1/generate", {"count": 3}),
    ("https://api.openai.com/v1/conversations", {"items": []}),
    ("https://example.com/v1/conversations", {"participants": ["a", "b"]}),
]

SAME_ELSEWHERE = [
    ("/v1/messages", "anthropic.messages", {"model": "m", "max_tokens": 9, "messages": []}),
    ("/v1/responses", "openai.responses", {"model": "m", "input": "Hi"}),
    ("/v1/completions", "openai.completions", {"model": "m", "prompt": "Hi"}),
    ("/v1/embeddings", "openai.embeddings", {"model": "m", "input": "Hi"}),
    ("/v1/chat", "openai.chat", {"model": "palmyra", "messages": []}),
    ("/v1/chat", "cohere.chat.v1", {"model": "command", "message": "Hi"}),
    ("/v2/chat", "cohere.chat", {"model": "command", "messages": []}),
    ("/api/chat", "ollama.chat", {"model": "m", "messages": []}),
    ("/api/generate", "ollama.generate", {"model": "m", "prompt": "Hi"}),
    ("/v1/conversations", "mistral.conversations", {"model": "m", "inputs": "Hi"}),
    ("/v1beta/models/g:generateContent", "gemini.generate", {"contents": []}),
    ("/serving-endpoints/m/invocations", "openai.chat", {"messages": []}),
]


@pytest.mark.parametrize(("url", "form", "provider"), CALLS, ids=[call[0] for call in CALLS])
def test_a_call_is_seen_with_its_format_and_provider(url, form, provider):
    """By method and URL alone, with the conventions' name for whoever answers there."""
    endpoint = match("POST", url)

    assert endpoint is not None
    assert endpoint.formats[0].name == form
    assert endpoint.provider == provider


@pytest.mark.parametrize(("method", "url"), NO_CALLS, ids=lambda value: value)
def test_what_only_looks_like_a_call_is_left_alone(method, url):
    """It makes no span and no usage."""
    endpoint = match(method, url)

    request = endpoint and endpoint.read_request(dump({"model": "m"}), {}, HASHER)
    assert endpoint is None or (endpoint.poll is False and request is None)


@pytest.mark.parametrize(("url", "body"), SIMILAR, ids=[similar[0] for similar in SIMILAR])
@pytest.mark.parametrize("broken", [False, True])
def test_another_api_with_the_same_path_is_left_alone(url, body, broken):
    """A chat server's messages are no model's."""
    written = dump(body)[:-1] + (b",}" if broken else b"}")

    endpoint = match("POST", url)

    assert endpoint is None or endpoint.read_request(written, {}, HASHER) is None


@pytest.mark.parametrize(("path", "form", "body"), SAME_ELSEWHERE)
@pytest.mark.parametrize("broken", [False, True])
def test_a_call_to_an_unknown_host_is_seen_by_its_body(path, form, body, broken):
    """A proxy of one's own, or a server in the next room; even if the JSON has a comma too many."""
    written = dump(body)[:-1] + (b",}" if broken else b"}")

    request = match("POST", "http://10.0.0.7:9000/proxy" + path).read_request(written, {}, HASHER)

    assert request is not None
    assert request.format == form


@pytest.mark.parametrize(("path", "form", "body"), SAME_ELSEWHERE)
def test_what_is_seen_at_once_is_what_is_read_later(path, form, body):
    """A span starts with the model, and is named by it, before the body is read in full."""
    asked = match("POST", "http://10.0.0.7:9000/proxy" + path).ask(dump(body), {})
    facts = asked.facts(HASHER)

    assert asked.model == facts.model == body.get("model", "g" if "gemini" in form else None)
    assert asked.operation == facts.operation


def test_the_host_and_port_are_kept():
    """They become server.address and server.port."""
    endpoint = match("POST", "http://proxy.internal:4000/chat/completions")

    assert (endpoint.host, endpoint.port) == ("proxy.internal", 4000)


def test_methods_may_be_written_small():
    """Clients pass on what they were given."""
    assert match("post", "https://api.openai.com/v1/chat/completions") is not None


def test_a_body_that_cannot_be_had_is_still_a_call_where_the_path_is_sure():
    """A body that is generated while it is sent is not read."""
    request = match("POST", "https://api.openai.com/v1/chat/completions").read_request(
        b"", {}, HASHER
    )

    assert request is not None
    assert request.model is None
    assert match("POST", "http://h/v1/messages").read_request(b"", {}, HASHER) is None


def test_only_the_model_in_the_url_is_needed():
    """Bedrock and Vertex name it there, percent-encoded or not, slashes and all."""
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"

    assert match("POST", BEDROCK + arn + "/converse").model == arn
    assert match("POST", BEDROCK + "a.b-v1%3A0/converse").model == "a.b-v1:0"
    assert match("POST", GEMINI + "models/gemini-2.5-flash:generateContent").model == (
        "gemini-2.5-flash"
    )
