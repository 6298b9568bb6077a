"""Does things on a data directory with the rights of one user of a users file; run by test_users.

Arguments: data directory, users file. Standard input: a JSON list of jobs, one of
``{"sql": …}``, ``{"insert": table, "columns": […], "rows": […]}`` and ``{"store": "migrate"|"refresh"|"prices"}``;
standard output: a JSON list of what each gave, ``{"rows": [[…]]}`` or ``{"error": …}``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import chdb
import clickhouse_connect
from tokenboard import store
from tokenboard.store import prices

data, users = map(Path, sys.argv[1:])
config = data / "as_user.xml"
config.write_text(
    f"<clickhouse><users_config>{users}</users_config><timezone>UTC</timezone></clickhouse>"
)
path = data / "clickhouse"


def statement(sql):
    answer = handle.query(sql, "JSONCompact").bytes()
    return {"rows": json.loads(answer)["data"] if answer else []}


def on_the_books(name):
    client = clickhouse_connect.get_client(
        interface="chdb", path=str(path), chdb_options={"config-file": str(config)}
    )
    try:
        if name == "migrate":
            return {"rows": store.migrate(client)}
        client.database = "tokenboard"
        if name == "prices":
            return {"rows": [prices.sync(client).changed]}
        return {"rows": [store.refresh(client)]}
    finally:
        client.close()


def job(asked):
    try:
        if "store" in asked:
            return on_the_books(asked["store"])
        return statement(asked["sql"])
    except Exception as error:
        return {"error": " ".join(str(error).split())}


# one engine in a process: this handle keeps it alive
handle = chdb.connect(f"{path}?config-file={config}")
if (path / "metadata" / "tokenboard.sql").exists():
    handle.query("USE tokenboard")
json.dump([job(asked) for asked in json.load(sys.stdin)], sys.stdout)
handle.close()
