"""The Compose stack, as far as it can be checked without a Docker engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import yaml
from tokenboard.local.engine import Engine
from tokenboard.queries import panels

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text("utf-8")
COMPOSE = yaml.safe_load(TEXT)
AUTH = ROOT / "docker-compose.auth.yml"
SERVICES = COMPOSE["services"]
PASSWORDS = [
    "CLICKHOUSE_OWNER_PASSWORD",
    "CLICKHOUSE_WRITER_PASSWORD",
    "CLICKHOUSE_READER_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
]
USERS = ET.parse(ROOT / "compose" / "clickhouse-users.xml").getroot()


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Function: environment -> (project, error) as Compose's own library loads the file."""
    if shutil.which("go") is None:
        pytest.skip(
            "Go is not installed: docker-compose.yml is not checked by Compose's own library"
        )
    binary = tmp_path_factory.mktemp("compose") / "check"
    built = subprocess.run(
        ["go", "build", "-o", binary, "."],
        cwd=Path(__file__).resolve().parent / "check",
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr

    def run(environment, *more):
        done = subprocess.run(
            [binary, ROOT / "docker-compose.yml", *more],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        return (json.loads(done.stdout) if done.returncode == 0 else None), done.stderr

    return run


def test_compose_takes_the_file(load):
    """Compose's own loader finds the file valid once the passwords are there."""
    project, error = load(dict.fromkeys(PASSWORDS, "x"))
    assert project is not None, error
    assert set(project["services"]) == set(SERVICES)


def test_credentials_are_laid_over_it(load):
    """With docker-compose.auth.yml the collector also reads auth.yaml and the senders, and loses nothing."""
    project, error = load(dict.fromkeys(PASSWORDS, "x"), AUTH)
    assert project is not None, error
    collector = project["services"]["collector"]
    assert collector["command"] == [
        "--config=/etc/otelcol/config.yaml",
        "--config=/etc/otelcol/auth.yaml",
    ]
    mounted = {volume["target"]: volume["source"] for volume in collector["volumes"]}
    assert mounted["/etc/otelcol/config.yaml"] == str(ROOT / "collector/config.yaml")
    assert mounted["/etc/otelcol/auth.yaml"] == str(ROOT / "collector/auth.yaml")
    assert {secret["source"] for secret in collector["secrets"]} == {
        "clickhouse_writer_password",
        "senders",
    }
    assert collector["environment"]["HTPASSWD_FILE"] == "/run/secrets/senders"
    assert collector["read_only"] is True


@pytest.mark.parametrize("name", PASSWORDS)
@pytest.mark.parametrize("value", [None, ""])
def test_without_a_password_nothing_starts(load, name, value):
    """A password that is missing or empty stops Compose with its name and the command that makes it."""
    environment = dict.fromkeys(PASSWORDS, "x")
    environment.pop(name)
    if value is not None:
        environment[name] = value
    project, error = load(environment)
    assert project is None
    assert name in error
    assert "compose/passwords.sh" in error


def test_only_loopback_is_published(load):
    """Grafana and OTLP are the only published ports, on 127.0.0.1."""
    project, error = load(dict.fromkeys(PASSWORDS, "x"))
    assert project is not None, error
    published = {
        (name, port["target"], port["host_ip"])
        for name, service in project["services"].items()
        for port in service.get("ports", [])
    }
    assert published == {
        ("grafana", 3000, "127.0.0.1"),
        ("collector", 4317, "127.0.0.1"),
        ("collector", 4318, "127.0.0.1"),
    }


def test_generated_passwords_are_strong_and_different():
    """compose/passwords.sh fills every required variable with 192 random bits, letters and digits."""
    script = ROOT / "compose" / "passwords.sh"
    first, second = (
        subprocess.run(["sh", script], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    found = dict(line.split("=") for line in first.splitlines())
    assert list(found) == PASSWORDS
    assert all(re.fullmatch("[0-9a-f]{48}", password) for password in found.values())
    assert not set(first.splitlines()) & set(second.splitlines())


def test_every_setting_is_documented():
    """Every variable of the Compose file stands in .env.example, and nothing else does."""
    used = set(re.findall(r"\$\{(\w+)", TEXT + AUTH.read_text("utf-8"))) | {
        s["environment"] for s in COMPOSE["secrets"].values()
    }
    example = (ROOT / ".env.example").read_text("utf-8")
    documented = set(re.findall(r"^#?([A-Z_]+)=", example, re.MULTILINE))
    assert used == documented


def test_documented_defaults_are_the_files():
    """The value shown for an optional setting is the default that holds without it."""
    example = (ROOT / ".env.example").read_text("utf-8")
    for name, value in re.findall(r"^#([A-Z_]+)=(.*)$", example, re.MULTILINE):
        both = TEXT + AUTH.read_text("utf-8")
        assert set(re.findall(rf"\$\{{{name}:-([^}}]*)\}}", both)) == {value}, name


def test_no_password_stands_in_a_file():
    """Whatever looks like a password in the stack's files is a reference."""
    for path in ["docker-compose.yml", "collector/config.yaml", "compose/clickhouse-users.xml"]:
        for line in (ROOT / path).read_text("utf-8").splitlines():
            if re.search(r"password", line, re.IGNORECASE) and not line.lstrip().startswith(
                # comments, and the patterns of what is masked
                ("#", "<!--", "- '")
            ):
                assert re.search(
                    r"\$\{|from_env|/run/secrets|_password\b|^    environment: [A-Z_]+$", line
                ), f"{path}: {line}"


def test_every_mounted_file_exists():
    """What is mounted from the checkout is there."""
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]


def test_what_the_image_is_built_from_reaches_the_builder():
    """No path that the Dockerfile copies is held back by .dockerignore."""
    allowed = {
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = [
        word
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY") and "--from" not in line
        for word in line.split()[1:-1]
    ]
    assert copied
    for path in copied:
        assert path in allowed
        assert (ROOT / path).exists()


def test_images_are_pinned():
    """Every foreign image names an exact release."""
    for name, service in SERVICES.items():
        if "build" not in service:
            tag = service["image"].rpartition(":")[2]
            assert re.fullmatch(r"\d+\.\d+(\.\d+)?", tag), f"{name}: {service['image']}"


def test_the_collector_image_and_our_build_are_the_same_release():
    """collector/builder.yaml and the Compose file name one collector version."""
    manifest = yaml.safe_load((ROOT / "collector" / "builder.yaml").read_text())
    tag = SERVICES["collector"]["image"].rpartition(":")[2]
    (receiver,) = manifest["receivers"]
    assert receiver["gomod"].endswith(f" v{tag}")
    assert manifest["dist"]["version"].startswith(tag)


def test_every_container_is_bounded():
    """Each service has a memory limit, no new privileges, and drops capabilities it has no use for."""
    for name, service in SERVICES.items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        if name != "queue-owner":
            assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["cap_drop"] == ["ALL"], name


def test_grafana_looks_after_itself():
    """The plugin is pinned and installed before the start; nobody signs up, looks on or becomes editor."""
    environment = SERVICES["grafana"]["environment"]
    assert re.fullmatch(
        r"grafana-clickhouse-datasource@\d+\.\d+\.\d+", environment["GF_PLUGINS_PREINSTALL_SYNC"]
    )
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert environment["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert environment["GF_USERS_AUTO_ASSIGN_ORG_ROLE"] == "Viewer"
    assert environment["GF_ANALYTICS_REPORTING_ENABLED"] == "false"


def test_what_provisioning_names_reaches_grafana():
    """Variables and secrets that the data source file refers to are given to the container."""
    source = (ROOT / "dashboards/provisioning/datasources/clickhouse.yaml").read_text()
    for name in re.findall(r"\$([A-Z][A-Z_]+)", source):
        assert name in SERVICES["grafana"]["environment"]
    for path in re.findall(r"\$__file\{/run/secrets/(\w+)\}", source):
        assert path in SERVICES["grafana"]["secrets"]
        assert path in COMPOSE["secrets"]
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (ROOT / "dashboards/provisioning/dashboards" / Path(home).name).is_file()


def grants(user):
    return [query.text for query in USERS.findall(f"users/{user}/grants/query")]


def test_nobody_enters_without_a_password():
    """ClickHouse's own default user is gone; each of ours has its password from the environment."""
    users = USERS.find("users")
    assert users.find("default").get("remove") == "remove"
    for user in users:
        if user.tag != "default":
            name = user.find("password").get("from_env")
            assert name in SERVICES["clickhouse"]["environment"]


def test_the_writer_only_inserts_raw_telemetry():
    """The collector's user can insert into the exporter's tables, each of them, and do nothing else."""
    exporter = yaml.safe_load((ROOT / "collector" / "config.yaml").read_text())["exporters"][
        "clickhouse"
    ]
    tables = {exporter["traces_table_name"], exporter["logs_table_name"]} | {
        table["name"] for table in exporter["metrics_tables"].values()
    }
    assert set(grants("tokenboard_writer")) == {
        f"GRANT INSERT, SHOW COLUMNS ON tokenboard.{table}" for table in tables
    }


def test_the_reader_only_reads_and_within_limits():
    """Grafana's user cannot write or lift its own limits, but may set what the plugin sets."""
    profile = USERS.find("profiles/tokenboard_reader")
    assert profile.findtext("readonly") == "1"
    assert int(profile.findtext("max_execution_time")) <= 30
    assert int(profile.findtext("max_memory_usage")) > 0
    limit = profile.find("constraints/max_execution_time")
    assert limit.find("changeable_in_readonly") is not None
    # the plugin's queryTimeout, and the five seconds that clickhouse-go adds
    source = yaml.safe_load(
        (ROOT / "dashboards/provisioning/datasources/clickhouse.yaml").read_text()
    )
    asked = int(source["datasources"][0]["jsonData"]["queryTimeout"]) + 5
    assert asked <= int(limit.findtext("max")) <= 60
    for name in ("max_result_rows", "max_result_bytes", "max_concurrent_queries_for_user"):
        assert int(profile.findtext(name)) > 0, name
    # nothing may be changed but by a constraint of its own
    assert [one.tag for one in profile.find("constraints")] == [
        "max_execution_time",
        "additional_table_filters",
    ]


@pytest.fixture(scope="module")
def reading(tmp_path_factory):
    """Function: SQL -> the tables of ours that ClickHouse reads for it, views themselves included."""
    with Engine(tmp_path_factory.mktemp("grants")) as engine:
        client = engine.client()
        tables = dict(
            client.query(
                "SELECT name, engine FROM system.tables WHERE database = 'tokenboard'"
            ).result_rows
        )

        def read(statement):
            tree = client.query(f"EXPLAIN QUERY TREE run_passes = 0 {statement}").result_rows
            names = re.findall(
                r"(?:identifier|table_name): (?:tokenboard\.)?(\w+)$",
                "\n".join(r[0] for r in tree),
                re.MULTILINE,
            )
            return {name for name in names if name in tables}

        yield client, tables, read
        client.close()


def test_the_reader_may_read_what_dashboards_ask_and_no_raw_logs(reading):
    """Every table behind every panel and alert is granted, whether asked for or read by a view; raw logs and metrics are not."""
    client, tables, read = reading
    granted = {
        re.fullmatch(r"GRANT SELECT ON tokenboard\.(\w+)", grant)[1]
        for grant in grants("tokenboard_reader")
    }
    assert granted <= set(tables)
    assert not {
        name for name in granted if re.match("otel_(logs|metrics)|migrations|.*_dirty$", name)
    }
    end = 1_795_341_600_000
    asked = {
        panels.sql_for(board, panel["id"], target["refId"], start_ms=end - 86_400_000, end_ms=end)
        for board in panels.dashboards().values()
        for panel in panels.panels(board)
        for target in panel.get("targets", [])
    }
    rules = (ROOT / "dashboards/provisioning/alerting/rules.yaml").read_text("utf-8")
    for group in yaml.safe_load(rules)["groups"]:
        for rule in group["rules"]:
            asked.add(rule["data"][0]["model"]["rawSql"])
    todo = set().union(*map(read, asked))
    assert "standings" in todo
    seen = set()
    while todo:
        name = todo.pop()
        seen.add(name)
        if tables[name] == "View":
            select = client.query(
                f"SELECT as_select FROM system.tables WHERE database = 'tokenboard' AND name = '{name}'"
            )
            todo |= read(select.result_rows[0][0]) - seen
    assert seen - granted == set(), "run: python compose/grants.py"


def test_the_grants_are_fresh():
    """The reader's grants are what compose/grants.py makes of the present schema and dashboards."""
    script = [sys.executable, ROOT / "compose" / "grants.py", "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
