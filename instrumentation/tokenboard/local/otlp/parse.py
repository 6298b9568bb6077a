"""Request bodies → protobuf messages, from either encoding of OTLP/HTTP.

https://opentelemetry.io/docs/specs/otlp/#otlphttp: JSON is the protobuf JSON mapping, except that
trace and span ids are hex (not base64) and unknown fields are ignored.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import DecodeError

from tokenboard.local import native

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor, FileDescriptor
    from google.protobuf.descriptor_pb2 import DescriptorProto
    from google.protobuf.message import Message

M = TypeVar("M", bound="Message")

_ID_FIELDS = {
    "traceId": 16,
    "trace_id": 16,
    "spanId": 8,
    "span_id": 8,
    "parentSpanId": 8,
    "parent_span_id": 8,
}
# Ids stand only on this way down; attribute values are the sender's own and stay as they are.
_WAYS = {
    name: camel
    for camel, snake in (
        ("resourceSpans", "resource_spans"),
        ("scopeSpans", "scope_spans"),
        ("spans", "spans"),
        ("links", "links"),
        ("resourceLogs", "resource_logs"),
        ("scopeLogs", "scope_logs"),
        ("logRecords", "log_records"),
        ("resourceMetrics", "resource_metrics"),
        ("scopeMetrics", "scope_metrics"),
        ("metrics", "metrics"),
        ("gauge", "gauge"),
        ("sum", "sum"),
        ("histogram", "histogram"),
        ("exponentialHistogram", "exponential_histogram"),
        ("dataPoints", "data_points"),
        ("exemplars", "exemplars"),
    )
    for name in (camel, snake)
}


class UnreadableError(Exception):
    """The body is not a request of this kind; the message says where it stops making sense."""


def protobuf(body: bytes, message: M) -> M:
    """Fill ``message`` from the binary encoding.

    Raises:
        UnreadableError: the bytes are not such a message.
    """
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        mended = _mended(body, cast("Descriptor", message.DESCRIPTOR))
        if mended is None:
            raise UnreadableError(
                f"the body is not a protobuf {message.DESCRIPTOR.name}: {error}"
            ) from error
        message.ParseFromString(mended)
    return message


def _mended(body: bytes, kind: Descriptor) -> bytes | None:
    """Return the message with :func:`native.disguised` strings, None if it is none at all.

    Other receivers take strings as they come, and one bad attribute must not cost a whole batch.
    """
    loose = _loose(kind)()
    try:
        loose.ParseFromString(body)
    except DecodeError:
        return None
    _mend(loose, kind)
    return loose.SerializeToString()


def _mend(loose: Message, kind: Descriptor) -> None:
    """Make every string of ``loose`` valid; ``kind`` says which of its bytes are strings."""
    for field, value in loose.ListFields():
        strict = kind.fields_by_number[field.number]
        if strict.type == FieldDescriptor.TYPE_STRING:
            valid = native.disguised(value).encode()
            if valid != value:
                setattr(loose, field.name, valid)
        elif strict.type == FieldDescriptor.TYPE_MESSAGE:
            for one in value if strict.is_repeated else [value]:
                _mend(one, cast("Descriptor", strict.message_type))


@cache
def _loose(kind: Descriptor) -> type[Message]:
    """Return the message's class with ``bytes`` for every ``string``: it parses any."""
    pool = DescriptorPool()

    def add(file: FileDescriptor) -> None:
        for needed in file.dependencies:
            add(needed)
        copy = FileDescriptorProto.FromString(file.serialized_pb)
        for one in copy.message_type:
            _loosen(one)
        pool.Add(copy)

    add(kind.file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(kind.full_name))


def _loosen(one: DescriptorProto) -> None:
    for field in one.field:
        if field.type == FieldDescriptorProto.TYPE_STRING:
            field.type = FieldDescriptorProto.TYPE_BYTES
    for inner in one.nested_type:
        _loosen(inner)


def from_json(body: bytes, message: M) -> M:
    """Fill ``message`` from the JSON encoding.

    Raises:
        UnreadableError: the bytes are not JSON, or not of such a message.
    """
    try:
        document: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UnreadableError(f"the body is not a JSON object but {type(document).__name__}")
    try:
        _ids_to_base64(document)
        json_format.ParseDict(cast("dict[str, Any]", document), message, ignore_unknown_fields=True)
    except (json_format.ParseError, ValueError, TypeError, RecursionError) as error:
        text = " ".join(str(error).split())
        raise UnreadableError(f"the JSON is no {message.DESCRIPTOR.name}: {text}") from error
    return message


def _ids_to_base64(node: Any) -> None:
    if isinstance(node, list):
        for item in cast("list[Any]", node):
            _ids_to_base64(item)
    elif isinstance(node, dict):
        fields = cast("dict[str, Any]", node)
        for name, value in fields.items():
            if name in _ID_FIELDS and isinstance(value, str):
                fields[name] = base64.b64encode(_unhex(value)).decode()
            elif name in _WAYS:
                _ids_to_base64(value)


def _unhex(value: str) -> bytes:
    try:
        return bytes.fromhex(value)
    except ValueError:
        # One record's id must not cost the others: a length that no id has marks it as unusable.
        return b"?"
