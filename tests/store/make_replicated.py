"""Makes the tables of a cluster on the embedded engine and prints each one's engine as JSON; run by test_migrate.

A Keeper within the process takes what replicated tables note there. ``ON CLUSTER`` is left out: nobody listens to it.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import chdb
from tokenboard.store import migrations, sql

CONFIG = """<clickhouse>
    <zookeeper><implementation>testkeeper</implementation></zookeeper>
    <macros><shard>1</shard><replica>a</replica></macros>
</clickhouse>"""

folder = Path(sys.argv[1])
(folder / "engine.xml").write_text(CONFIG)
layout = sql.Layout(cluster="main")
handle = chdb.connect(f"{folder / 'data'}?config-file={folder / 'engine.xml'}")
handle.query(f"CREATE DATABASE {layout.database}")
for path in migrations.files():
    statement = sql.render(sql.text(path.name), layout).replace("ON CLUSTER `main`", "")
    # without other replicas to talk to the tables take no rows and no changes
    if "CREATE TABLE" in statement or "VIEW" in statement:
        handle.query(statement)
made = handle.query(
    f"SELECT name, engine FROM system.tables WHERE database = '{layout.database}'", "JSONCompact"
)
json.dump(dict(json.loads(made.bytes())["data"]), sys.stdout)
sys.stdout.flush()
os._exit(0)  # closing would wait for the other replicas
