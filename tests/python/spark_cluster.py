"""A standalone cluster of Spark on this machine: a master and workers, each in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECONDS_TO_START = 120


@dataclass
class Cluster:
    """A master and its workers."""

    folder: Path
    port: int = field(default_factory=lambda: _free_port())
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def master(self) -> str:
        """Where a driver finds it."""
        return f"spark://127.0.0.1:{self.port}"

    def start(self, name: str, port: int, *command: str) -> None:
        """Start a process and wait until it listens.

        Raises:
            TimeoutError: With the end of its output.
        """
        import pyspark

        # Its folder is a build's, which finds the installation by itself.
        environment = {**os.environ, "SPARK_HOME": pyspark.__path__[0], "SPARK_LOCAL_IP": "127.0.0.1"}
        output = self.folder / f"{name}.txt"
        with output.open("wb") as file:
            self.processes[name] = subprocess.Popen(
                [os.path.join(pyspark.__path__[0], "bin", command[0]), *command[1:]],
                cwd=self.folder,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                # A worker's executors are killed with it.
                start_new_session=True,
            )
        for _ in range(SECONDS_TO_START * 10):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError(f"{name} does not listen:\n{output.read_text(encoding='utf-8')[-2000:]}")

    def start_worker(self, name: str) -> None:
        """Start a worker of one core."""
        port = _free_port()
        options = ("--host", "127.0.0.1", "--port", str(port), "--cores", "1", "--memory", "2g", "--webui-port", "0")
        worker = "org.apache.spark.deploy.worker.Worker"
        self.start(name, port, "spark-class", worker, *options, "--work-dir", str(self.folder / name), self.master)

    def start_connect(self, warehouse: Path) -> str:
        """Start a Spark Connect server whose queries run on the workers.

        Args:
            warehouse: Folder of its tables and its catalog.

        Returns:
            Its address.
        """
        port = _free_port()
        catalog = f"jdbc:derby:;databaseName={warehouse}/metastore;create=true"
        settings = {
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": port,
            "spark.hadoop.javax.jdo.option.ConnectionURL": catalog,
            "spark.sql.catalogImplementation": "hive",
            "spark.sql.warehouse.dir": warehouse / "tables",
            "spark.ui.enabled": "false",
        }
        options = [option for name, value in settings.items() for option in ("--conf", f"{name}={value}")]
        server = "org.apache.spark.sql.connect.service.SparkConnectServer"
        program = ("spark-submit", "--class", server, "--master", self.master, "--driver-memory", "2g")
        self.start("connect", port, *program, *options, "spark-internal")
        return f"sc://127.0.0.1:{port}"

    def kill(self, name: str) -> None:
        """Kill a process and what it has started, as a machine that loses its power does."""
        os.killpg(self.processes.pop(name).pid, signal.SIGKILL)


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """Start a master and workers of one core; all are killed in the end.

    Args:
        folder: Gets their output.
        workers: How many.
    """
    folder.mkdir(parents=True, exist_ok=True)
    started = Cluster(folder)
    options = ("--host", "127.0.0.1", "--port", str(started.port), "--webui-port", "0")
    try:
        started.start("master", started.port, "spark-class", "org.apache.spark.deploy.master.Master", *options)
        for number in range(workers):
            started.start_worker(f"worker_{number + 1}")
        yield started
    finally:
        for name in list(started.processes):
            started.kill(name)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
