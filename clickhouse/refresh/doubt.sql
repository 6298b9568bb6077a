-- whose counts to believe: read off the wire by us; told by the SDK itself or the official instrumentations; others'
multiIf(
    e.emitter = 'tokenboard', 0,
    startsWith(e.emitter, 'com.anthropic.') OR startsWith(e.emitter, 'opentelemetry.instrumentation.genai.'), 1,
    2)
