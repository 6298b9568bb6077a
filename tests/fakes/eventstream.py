"""Binary event streams as Amazon Bedrock sends them.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import base64
import json
import struct
import zlib


def frame(event: str, payload: dict, kind: str = "event") -> bytes:
    """One message: prelude, headers, payload and both checksums; ``kind`` may be ``exception``."""
    headers = b"".join(
        bytes([len(name)])
        + name.encode()
        + b"\x07"
        + struct.pack(">H", len(value))
        + value.encode()
        for name, value in (
            (f":{kind}-type", event),
            (":content-type", "application/json"),
            (":message-type", kind),
        )
    )
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(body), len(headers))
    prelude += struct.pack(">I", zlib.crc32(prelude))
    message = prelude + headers + body
    return message + struct.pack(">I", zlib.crc32(message))


def chunk(payload: dict) -> bytes:
    """One part of an invoked model's own stream: its JSON, base64-coded, in a message."""
    inner = base64.b64encode(json.dumps(payload).encode()).decode()
    return frame("chunk", {"bytes": inner, "p": "abc"})
