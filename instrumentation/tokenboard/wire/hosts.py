"""Who answers at a host: values of ``gen_ai.provider.name``.

The well-known values are the conventions' own
(https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/); others are the names
that the providers go by.
"""

from __future__ import annotations

_SUFFIXES = {
    "openai.com": "openai",
    "anthropic.com": "anthropic",
    "claude.com": "anthropic",
    "openai.azure.com": "azure.ai.openai",
    "cognitiveservices.azure.com": "azure.ai.openai",
    "api.cognitive.microsoft.com": "azure.ai.openai",
    "services.ai.azure.com": "azure.ai.inference",
    "models.ai.azure.com": "azure.ai.inference",
    "inference.ai.azure.com": "azure.ai.inference",
    "amazonaws.com": "aws.bedrock",
    "amazonaws.com.cn": "aws.bedrock",
    "api.aws": "aws.bedrock",
    "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai",
    # Jurisdictions, and dedicated endpoints:
    # https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
    "rep.googleapis.com": "gcp.vertex_ai",
    "prediction.vertexai.goog": "gcp.vertex_ai",
    "cohere.com": "cohere",
    "cohere.ai": "cohere",
    "deepseek.com": "deepseek",
    "groq.com": "groq",
    "mistral.ai": "mistral_ai",
    "perplexity.ai": "perplexity",
    "x.ai": "x_ai",
    "openrouter.ai": "openrouter",
    "together.xyz": "together_ai",
    "together.ai": "together_ai",
    "fireworks.ai": "fireworks_ai",
    "cerebras.ai": "cerebras",
    "moonshot.ai": "moonshot_ai",
    "kimi.com": "moonshot_ai",
    "kimi.ai": "moonshot_ai",
    "portkey.ai": "portkey",
    "snowflakecomputing.com": "snowflake",
    "crusoecloud.com": "crusoe",
    "moonshot.cn": "moonshot_ai",
    "nvidia.com": "nvidia",
    "sambanova.ai": "sambanova",
    "huggingface.co": "hugging_face",
    "huggingface.cloud": "hugging_face",
    "writer.com": "writer",
    "voyageai.com": "voyage_ai",
    "ollama.com": "ollama",
    "deepinfra.com": "deepinfra",
    "novita.ai": "novita",
    "hyperbolic.xyz": "hyperbolic",
    "githubcopilot.com": "github",
    "models.github.ai": "github",
    "z.ai": "z_ai",
    "bigmodel.cn": "z_ai",
    "aliyuncs.com": "alibaba",
    "minimax.io": "minimax",
    "minimaxi.com": "minimax",
    "jina.ai": "jina",
    "ai21.com": "ai21",
    "upstage.ai": "upstage",
    "nebius.com": "nebius",
    "nebius.ai": "nebius",
    "ovh.net": "ovhcloud",
    "scaleway.ai": "scaleway",
    "heroku.com": "heroku",
    "vercel.sh": "vercel",
    "cloudflare.com": "cloudflare",
    "databricks.com": "databricks",
    "azuredatabricks.net": "databricks",
    "watsonx.ai": "ibm.watsonx.ai",
    "ml.cloud.ibm.com": "ibm.watsonx.ai",
    "inference.net": "inference_net",
    "baseten.co": "baseten",
    "reka.ai": "reka",
    "inceptionlabs.ai": "inception",
    "lepton.run": "lepton",
    "volces.com": "volcengine",
    "stepfun.com": "stepfun",
    "siliconflow.cn": "siliconflow",
    "siliconflow.com": "siliconflow",
    "friendli.ai": "friendli",
    "featherless.ai": "featherless",
    "chutes.ai": "chutes",
}

_OLLAMA_PORT = 11434
_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0", "host.docker.internal")  # noqa: S104 - compared, not bound


def known(host: str) -> str | None:
    """Return the provider whose host this is, if it is a known one."""
    if host.endswith("-aiplatform.googleapis.com"):
        return "gcp.vertex_ai"
    rest = host
    while rest:
        provider = _SUFFIXES.get(rest)
        if provider is not None:
            # Much else runs at Amazon: models of one's own behind a load balancer, say.
            return None if provider == "aws.bedrock" and not _at_bedrock(host) else provider
        rest = rest.partition(".")[2]
    return None


def _at_bedrock(host: str) -> bool:
    # https://docs.aws.amazon.com/bedrock/latest/userguide/vpc-interface-endpoints.html
    return host.startswith("bedrock") or (".bedrock-" in host and ".vpce." in host)


def provider_of(host: str, port: int | None, path: str, family: str) -> str:
    """Return who answers there, else ``family``: whose format is spoken."""
    provider = known(host)
    if provider is None:
        if port == _OLLAMA_PORT and host in _LOCAL:
            return "ollama"
        if "/openai/deployments/" in path:
            return "azure.ai.openai"
        if family == "gcp.gemini" and "/publishers/" in path:
            return "gcp.vertex_ai"
        return family
    if provider == "azure.ai.inference" and "/openai/" in path:
        return "azure.ai.openai"
    return provider
