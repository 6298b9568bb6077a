"""With collector/auth.yaml nobody can send in another's name, whatever spelling is tried."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import time
from urllib.parse import unquote

import grpc
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from pipeline.conftest import ROOT, call, gauge, log, until
from pipeline.conftest import attributes as attributes_of

# Each names somebody: what emitters write today or have written, and what a forger may try beside it.
SPELLINGS = [
    "user.id",
    "USER.ID",
    "user_id",
    "userId",
    "user",
    "enduser.id",
    "enduser.pseudo.id",
    "user.email",
    "user.name",
    "user.full_name",
    "user.account_uuid",
    "user.account_id",
    "user_email",
    "email",
    "account_uuid",
    "langfuse.user.id",
    "traceloop.association.properties.user_id",
    "baggage.user.id",
    "tokenboard.user.source",
]
FORGED = dict.fromkeys(SPELLINGS, "mallory-forged")
KEPT = {
    "tokenboard.end_user.id": "customer-7",
    "user_agent.original": "curl",
    "tokenboard.team": "search",
}


@pytest.fixture(scope="module")
def senders(tmp_path_factory):
    """An htpasswd file with alice, bob, a gateway and erin; erin's Authorization header."""
    path = tmp_path_factory.mktemp("senders") / "senders"
    lines = []
    for name in ("alice", "bob", "gateway"):
        digest = base64.b64encode(hashlib.sha1(f"{name}-secret".encode()).digest()).decode()
        lines.append(f"{name}:{{SHA}}{digest}\n")
    made = subprocess.run(
        ["sh", ROOT / "compose" / "sender.sh", "erin"], capture_output=True, text=True, check=True
    )
    path.write_text("".join([*lines, made.stdout]))
    # the app's setting, as the script tells it
    header = unquote(made.stderr.strip().removeprefix("OTEL_EXPORTER_OTLP_HEADERS=Authorization="))
    return path, header


@pytest.fixture(scope="module")
def guarded(collector, senders):
    return collector("auth", HTPASSWD_FILE=str(senders[0]), TRUSTED_SENDERS="gateway|batch")


def test_every_spelling_of_a_forged_user_is_dropped(guarded, store, query):
    """A sender that names others everywhere is booked as itself, and the forged name is stored nowhere."""
    everywhere = {**FORGED, "user": {"id": "mallory-forged"}}
    spans = call(1, {**FORGED, **KEPT}, resource=everywhere, scope=FORGED, events=[everywhere])
    # what no processor reaches: stored, and never read by the books
    one = spans["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    one["traceState"] = "user.id=mallory-beyond"
    link = {"traceId": f"{9:032x}", "spanId": f"{9:016x}", "traceState": "user=mallory-beyond"}
    beyond = dict.fromkeys(SPELLINGS, "mallory-beyond")
    one["links"] = [{**link, "attributes": attributes_of(beyond)}]
    logs = log("text", FORGED, resource=FORGED)
    logs["resourceLogs"][0]["scopeLogs"][0]["scope"]["attributes"] = attributes_of(FORGED)
    points = gauge(FORGED, resource=FORGED, exemplar=FORGED)
    scope = points["resourceMetrics"][0]["scopeMetrics"][0]
    scope["scope"]["attributes"] = attributes_of(FORGED)
    point = scope["metrics"][0]["gauge"]["dataPoints"][0]
    scope["metrics"] += [
        {"name": "s", "sum": {"dataPoints": [point], "aggregationTemporality": 1}},
        {"name": "h", "histogram": {"dataPoints": [histogram(point)], "aggregationTemporality": 1}},
    ]
    claims = {
        "baggage": "user.id=mallory-forged,enduser.id=mallory-forged",
        "tracestate": "user=mallory-forged",
        "user.id": "mallory-forged",
        "x-user-id": "mallory-forged",
        "x-forwarded-user": "mallory-forged",
    }
    answers = [
        guarded.post("traces", spans, sender="alice", headers=claims),
        guarded.post("logs", logs, sender="alice", headers=claims),
        guarded.post("logs", log({"user.id": "mallory-forged", "x": "y"}, {}), sender="alice"),
        guarded.post("metrics", points, sender="alice", headers=claims),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    until(lambda: query("SELECT count() FROM otel_logs") == [(2,)])
    for kind in ("gauge", "sum", "histogram"):
        mine = f"SELECT count() FROM otel_metrics_{kind} WHERE ServiceName = 'app'"
        until(lambda mine=mine: query(mine) == [(1,)])
    until(lambda: query("SELECT count() FROM otel_traces WHERE ServiceName = 'app'") == [(1,)])
    for table, own in (
        ("otel_traces", "SpanAttributes"),
        ("otel_logs", "LogAttributes"),
        ("otel_metrics_gauge", "Attributes"),
        ("otel_metrics_sum", "Attributes"),
        ("otel_metrics_histogram", "Attributes"),
    ):
        rows = query(
            f"SELECT {own}, ResourceAttributes, toString(tuple(*)) FROM {table} WHERE ServiceName = 'app'"
        )
        for attributes, resource, everything in rows:
            assert "mallory-forged" not in everything
            for stamped in (attributes, resource):
                assert stamped["user.id"] == "alice"
                assert stamped["tokenboard.user.source"] == "credential"
    ((attributes,),) = query("SELECT SpanAttributes FROM otel_traces WHERE ServiceName = 'app'")
    assert {key: attributes.get(key) for key in KEPT} == KEPT
    until(lambda: query("SELECT count() FROM calls"))
    told = "SELECT count() FROM {} WHERE position(toString(tuple(*)), 'mallory') > 0"
    for table in ("emissions", "calls", "session_rows", "evaluations", "pipeline_minutes"):
        assert query(told.format(table)) == [(0,)], table
    until(
        lambda: (
            query("SELECT user_id, gross_tokens, end_user_id FROM leaderboard, calls")
            == [("alice", 1000, "customer-7")]
        )
    )


def histogram(point):
    """A histogram's point with a gauge's attributes and exemplars."""
    kept = {name: point[name] for name in ("timeUnixNano", "attributes", "exemplars")}
    return {**kept, "count": "1", "sum": 1, "bucketCounts": ["1", "0"], "explicitBounds": [5]}


def test_nobody_gets_in_without_a_credential(guarded, senders):
    """No credential, a wrong one and an unknown name are refused; what sender.sh made is taken."""
    made = {"authorization": senders[1]}
    assert guarded.post("metrics", gauge({}), headers=made).status_code == 200
    assert guarded.post("traces", call(2)).status_code == 401
    assert guarded.post("traces", call(2), sender="mallory").status_code == 401
    wrong = {"authorization": "Basic " + base64.b64encode(b"alice:bob-secret").decode()}
    assert guarded.post("traces", call(2), headers=wrong).status_code == 401


def test_grpc_is_guarded_alike(guarded, query):
    """Over gRPC, too, no credential is refused, and a forged user is booked to the credential."""
    body = json_format.ParseDict(named_in_base64(call(3, FORGED)), ExportTraceServiceRequest())
    named = base64.b64encode(b"alice:alice-secret").decode()
    with grpc.insecure_channel(f"127.0.0.1:{guarded.ports['grpc']}") as channel:
        send = TraceServiceStub(channel).Export
        with pytest.raises(grpc.RpcError) as refused:
            send(body, timeout=30)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
        send(body, timeout=30, metadata=(("authorization", f"Basic {named}"),))
    found = f"SELECT SpanAttributes['user.id'] FROM otel_traces WHERE SpanId = '{3:016x}'"
    assert until(lambda: query(found)) == [("alice",)]


def named_in_base64(body):
    """Ids as protobuf's own JSON has them; OTLP's JSON has them in hexadecimal."""
    for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId"):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return body


def test_a_trusted_service_speaks_for_others(guarded, query):
    """What a service on the list says about users is kept; it is not taken for a person itself."""
    said = {"user.id": "carol", "tokenboard.user.source": "baggage"}
    assert guarded.post("traces", call(11, said), sender="gateway").status_code == 200
    assert guarded.post("traces", call(12), sender="gateway").status_code == 200
    # not trusted, though its name begins like one
    assert guarded.post("traces", call(13, said), sender="bob").status_code == 200
    found = (
        "SELECT toUInt64(TraceId), SpanAttributes['user.id'], ResourceAttributes['user.id'], "
        "SpanAttributes['tokenboard.user.source'] FROM otel_traces "
        f"WHERE TraceId IN ('{11:032x}', '{12:032x}', '{13:032x}') ORDER BY TraceId"
    ).replace("toUInt64(TraceId)", "reinterpretAsUInt8(unhex(substring(TraceId, -2)))")
    assert until(lambda: len(rows := query(found)) == 3 and rows) == [
        (11, "carol", "", "baggage"),
        (12, "", "", ""),
        (13, "bob", "bob", "credential"),
    ]


def test_tokens_of_a_sign_in_server_name_the_sender(collector, query, tmp_path):
    """A signed token's claim is the user, checked against keys on disk; a forged or expired token is refused."""
    key, other = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1"}
    jwk |= {"n": encoded(numbers.n.to_bytes(256, "big")), "e": encoded(b"\x01\x00\x01")}
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [jwk]}))
    guarded = collector(
        "auth",
        OTLP_AUTHENTICATOR="oidc",
        OIDC_ISSUER_URL="https://sso.example",
        OIDC_KEYS_FILE=str(tmp_path / "keys.json"),
    )
    now = int(time.time())
    claims = {
        "iss": "https://sso.example",
        "aud": "tokenboard",
        "sub": "0042",
        "email": "dave@example.com",
        "exp": now + 600,
    }
    said = {"user.id": "carol"}
    assert guarded.post("traces", call(21, said), token=jwt(key, claims)).status_code == 200
    for bad in (
        jwt(other, claims),
        jwt(key, {**claims, "exp": now - 600}),
        jwt(key, {**claims, "aud": "elsewhere"}),
        "nonsense",
    ):
        assert guarded.post("traces", call(22, said), token=bad).status_code == 401
    found = f"SELECT SpanAttributes['user.id'] FROM otel_traces WHERE TraceId = '{21:032x}'"
    assert until(lambda: query(found)) == [("dave@example.com",)]
    guarded.stop()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def jwt(key, claims):
    header = {"alg": "RS256", "typ": "JWT", "kid": "1"}
    signed = ".".join(encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{encoded(signature)}"
