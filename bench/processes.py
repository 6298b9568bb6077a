"""The processes that are measured: the stack and the collector as they are started for use."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


class Up:
    """A running ``tokenboard up`` and what it costs."""

    def __init__(self, data: Path, *options: str) -> None:
        command = Path(sys.executable).with_name("tokenboard")
        ports = ("--otlp-port", "0", "--clickhouse-port", "0", "--web-port", "0", *options)
        self.process = subprocess.Popen(
            [command, "up", "--data", data, *ports], stdout=subprocess.PIPE, text=True
        )
        addresses = {}
        for line in self.process.stdout:
            name, _, address = line.partition(" ")
            addresses[name] = urlsplit(address.strip()).netloc
            if line.startswith("Ctrl-C"):
                break
        self.otlp, self.clickhouse = addresses["OTLP/HTTP"], addresses["ClickHouse"]

    def number(self, query: str) -> int:
        with contextlib.closing(http.client.HTTPConnection(self.clickhouse)) as wire:
            wire.request("POST", "/", query)
            return int(wire.getresponse().read() or 0)

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        return cpu(self.process.pid)

    def memory(self, kind: str = "VmRSS") -> int:
        """MiB resident; see :func:`memory`."""
        return memory(self.process.pid, kind)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def cpu(pid: int) -> float:
    """Seconds of CPU that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, kind: str = "VmRSS") -> int:
    """MiB that a process has resident.

    ``RssAnon`` are those of its own, without the pages of files it has mapped: of the engine's
    library of 500 MB what was touched so far, more with each kind of query.
    """
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(f"{kind}:")[2].split()[0]) // 1024


class Collector:
    """The real collector as it is configured for use, before a stack's ClickHouse port."""

    def __init__(self, folder: Path, clickhouse: str, **environment: str) -> None:
        root = Path(__file__).resolve().parents[1]
        asked = [shutil.which("sh") or "sh", root / "collector" / "build.sh", "--path"]
        path = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        self.binary = root / path
        self.available = self.binary.is_file()
        if not self.available:
            return
        (folder / "password").write_text("x")
        ports = [_free_port() for _ in range(4)]
        self.otlp = f"127.0.0.1:{ports[0]}"
        names = ("OTLP_HTTP", "OTLP_GRPC", "HEALTH", "TELEMETRY")
        self.process = subprocess.Popen(
            [self.binary, "--config", root / "collector" / "config.yaml"],
            env={
                "CLICKHOUSE_ENDPOINT": f"http://{clickhouse}",
                "CLICKHOUSE_COMPRESS": "none",
                "CLICKHOUSE_WRITER_PASSWORD_FILE": str(folder / "password"),
                "QUEUE_DIR": str(folder / "queue"),
                **{
                    f"{name}_ENDPOINT": f"127.0.0.1:{port}"
                    for name, port in zip(names, ports, strict=True)
                },
                **environment,
            },
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 30
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", ports[0])):
                return
            time.sleep(0.1)
        raise TimeoutError("the collector did not start")

    def cpu(self) -> float:
        """Seconds of CPU used so far."""
        return cpu(self.process.pid)

    def memory(self, kind: str = "VmRSS") -> int:
        """MiB resident; see :func:`memory`."""
        return memory(self.process.pid, kind)

    def stop(self) -> None:
        if self.available:
            self.process.terminate()
            self.process.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
