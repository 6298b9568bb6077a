"""What a cluster is made of, on the embedded engine; prints what it found as JSON. Run by test_shards.

A Keeper within the process takes what replicated tables note there. ``ON CLUSTER`` is left out: nobody listens to it. The
cluster has two shards, and both are this server: whoever asks every shard gets each row twice.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import chdb
from tokenboard.store import migrations, sql

SHARD = "<shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard>"
CONFIG = f"""<clickhouse>
    <tcp_port>9000</tcp_port>
    <remote_servers><main>{SHARD}{SHARD}</main></remote_servers>
    <zookeeper><implementation>testkeeper</implementation></zookeeper>
    <macros><shard>1</shard><replica>a</replica></macros>
</clickhouse>"""

folder = Path(sys.argv[1])
(folder / "engine.xml").write_text(CONFIG)
handle = chdb.connect(f"{folder / 'data'}?config-file={folder / 'engine.xml'}")


def rows(query: str) -> list[list[object]]:
    return json.loads(handle.query(query, "JSONCompact").bytes())["data"]


def make(name: str, layout: sql.Layout) -> None:
    statement = sql.render(sql.text(name), layout).replace("ON CLUSTER `main`", "")
    # without other replicas to talk to the tables take no rows and no changes
    if "CREATE " in statement:
        handle.query(statement)


replicated = sql.Layout(cluster="main")
handle.query(f"CREATE DATABASE {replicated.database}")
for path in migrations.files():
    make(path.name, replicated)
tables = rows(
    f"SELECT name, engine, engine_full FROM system.tables WHERE database = '{replicated.database}'"
)

# Plain tables take rows: the spans of one shard, read through the cluster.
handle.query("CREATE DATABASE plain")
make("0001_otel_traces.sql", sql.Layout("plain"))
make("0270_otel_traces_all.sql", sql.Layout("plain", "main"))
handle.query("INSERT INTO plain.otel_traces (Timestamp, TraceId) VALUES (now(), 'a'), (now(), 'b')")
anywhere = sql.render("{rows:otel_traces}", sql.Layout("plain", "main"))
read = [
    rows(
        f"SELECT TraceId, count() FROM {source} WHERE ReceivedAt > now() - 60 GROUP BY 1 ORDER BY 1"
    )
    for source in ("plain.otel_traces_all", anywhere)
]
json.dump({"tables": tables, "read": read}, sys.stdout)
sys.stdout.flush()
os._exit(0)  # closing would wait for the other replicas
