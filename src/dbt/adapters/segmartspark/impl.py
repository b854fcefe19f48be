"""The adapter: dbt-spark, whose driver reads files, fits and publishes with DuckDB as a build without Spark does."""

from __future__ import annotations

import atexit
import os
import shutil
import threading
import traceback
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb
from dbt.adapters.base.meta import available
from dbt.adapters.contracts.connection import AdapterResponse, Connection, ConnectionState
from dbt.adapters.spark import SparkAdapter, SparkConnectionManager, SparkCredentials, SparkRelation
from dbt.adapters.spark.session import Connection as SessionConnection
from dbt.adapters.spark.session import Cursor, SessionConnectionWrapper
from dbt_common.clients.agate_helper import table_from_data_flat
from dbt_common.exceptions import DbtRuntimeError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from segmart.duckdb_functions import check_database, register_functions
from segmart.sql import sql_text

if TYPE_CHECKING:
    from collections.abc import Callable

    import agate
    import pandas as pd
    from duckdb import DuckDBPyConnection

FILE_BYTES = 128 * 1024**2
"""Size of the Parquet files that the driver writes: one for every few tasks of the workers."""


@dataclass
class SegmartSparkCredentials(SparkCredentials):
    """Those of dbt-spark, and a folder.

    Attributes:
        warehouse: Folder of the tables, which the driver and all workers see under the same path.
        remote: Address of a Spark Connect server, such as `sc://host:15002`; empty for a driver in dbt's process.
    """

    warehouse: str = "warehouse/spark"
    remote: str = ""

    def __post_init__(self) -> None:
        """Name the folders of Spark's tables, and of the metastore if it is no other one."""
        self.warehouse = os.path.abspath(self.warehouse)
        metastore = f"jdbc:derby:;databaseName={self.warehouse}/metastore;create=true"
        own = {
            "spark.sql.warehouse.dir": f"{self.warehouse}/tables",
            "spark.hadoop.javax.jdo.option.ConnectionURL": metastore,
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self.warehouse} -Duser.timezone=UTC",
        }
        self.server_side_parameters = own | self.server_side_parameters
        super().__post_init__()
        # dbt-spark switches it off. DuckDB follows the standard: a cast that fails and a sum without room are errors,
        # and double quotes stand around names.
        self.server_side_parameters |= {
            "spark.sql.ansi.enabled": "true",
            "spark.sql.ansi.doubleQuotedIdentifiers": "true",
        }

    @property
    def type(self) -> str:
        """What profiles.yml calls the adapter."""
        return "segmartspark"

    @property
    def session(self) -> SparkSession:
        """The session of these credentials, which are copied now and then."""
        return _session(self.remote, tuple(self.server_side_parameters.items()))


@cache
def _session(remote: str, parameters: tuple[tuple[str, str], ...]) -> SparkSession:
    if not remote:
        return SparkSession.builder.enableHiveSupport().config(map=dict(parameters)).getOrCreate()
    session = SparkSession.builder.remote(remote).getOrCreate()
    # The others are the server's.
    for name, value in parameters:
        if session.conf.isModifiable(name):
            session.conf.set(name, value)
    return session


class SegmartSparkCursor(Cursor):
    """That of dbt-spark, which asks for the session anew for each statement and knows none of Spark Connect."""

    def __init__(self, session: SparkSession) -> None:
        """Take the session to query."""
        super().__init__()
        self.session = session

    def execute(self, sql: str, *parameters: object) -> None:
        """Run a statement.

        Raises:
            DbtRuntimeError: With what Spark says.
        """
        try:
            self._df = self.session.sql(sql % parameters if parameters else sql)
        except PySparkException as error:
            raise DbtRuntimeError(str(error)) from error


class SegmartSparkConnection(SessionConnection):
    """A connection of dbt-spark that queries one session."""

    def __init__(self, session: SparkSession) -> None:
        """Take the session to query."""
        super().__init__()
        self.session = session

    def cursor(self) -> SegmartSparkCursor:
        """A cursor of the session."""
        return SegmartSparkCursor(self.session)


class SegmartSparkConnectionManager(SparkConnectionManager):
    """That of dbt-spark, with the session of the credentials."""

    TYPE = "segmartspark"

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Connect, unless that is done."""
        if connection.state != ConnectionState.OPEN:
            session = connection.credentials.session
            connection.handle = SessionConnectionWrapper(SegmartSparkConnection(session))
            connection.state = ConnectionState.OPEN
        return connection


class Rows:
    """Rows of a table of Spark, with those methods of DuckDB's relations that Python models use."""

    def __init__(self, frame: DataFrame, read: Callable[[DataFrame], pd.DataFrame]) -> None:
        """Take rows of Spark.

        Args:
            frame: The rows.
            read: Fetches rows into the driver.
        """
        self.frame = frame
        self.read = read

    def filter(self, condition: str) -> Rows:
        """Rows for which a condition in SQL holds; the workers filter."""
        return Rows(self.frame.filter(condition), self.read)

    def project(self, columns: str) -> Rows:
        """Columns, with commas between them."""
        return Rows(self.frame.select(*(name.strip() for name in columns.split(","))), self.read)

    def distinct(self) -> Rows:
        """Each row once."""
        return Rows(self.frame.distinct(), self.read)

    def df(self) -> pd.DataFrame:
        """All rows, in the driver, in the types that DuckDB gives them."""
        return self.read(self.frame)


class SegmartSparkAdapter(SparkAdapter):
    """dbt-spark with a DuckDB database in the driver, which reads raw files, hands tables over and publishes."""

    ConnectionManager = SegmartSparkConnectionManager

    def __init__(self, config: Any, mp_context: Any) -> None:
        super().__init__(config, mp_context)
        self.lock = threading.RLock()
        self.loaded: set[str] = set()

    @cached_property
    def database(self) -> DuckDBPyConnection:
        """The driver's DuckDB database; it remembers between builds what was read."""
        path = self.folder / "driver.duckdb"
        check_database(path, {})
        connection = duckdb.connect(str(path))
        connection.execute("set timezone = 'UTC'")
        register_functions(connection)
        # DuckDB complains about what outlives the interpreter.
        atexit.register(lambda: self.__dict__.pop("database").close())
        return connection

    @property
    def folder(self) -> Path:
        """See `SegmartSparkCredentials.warehouse`."""
        return Path(self.config.credentials.warehouse)

    @property
    def session(self) -> SparkSession:
        """See `SegmartSparkCredentials.session`."""
        return self.config.credentials.session

    @available
    def get_seed_file_path(self, model: dict[str, Any]) -> str:
        """Path of a seed's file, as dbt-duckdb gives it."""
        return os.path.join(model["root_path"], model["original_file_path"])

    @available
    def duckdb_query(self, sql: str) -> agate.Table:
        """Run SQL, of one or several statements, in the driver's database.

        Returns:
            Rows of the last statement.

        Raises:
            DbtRuntimeError: With what DuckDB says.
        """
        with self.lock, self.database.cursor() as cursor:
            try:
                cursor.execute(sql)
                names = [column[0] for column in cursor.description or []]
                rows = cursor.fetchall() if names else []
            except duckdb.Error as error:
                raise DbtRuntimeError(str(error)) from None
        return table_from_data_flat([dict(zip(names, row, strict=True)) for row in rows], names)

    @available
    def load_rows(self, relation: SparkRelation, select: str) -> None:
        """Make the rows of a query of the driver's database a table of Spark: Parquet files, and their names."""
        with self.lock, self.database.cursor() as cursor:
            self._load(relation, select, cursor)

    @available
    def load_rows_once(self, relation: SparkRelation, select: str) -> None:
        """The same, unless this run has already loaded the table."""
        with self.lock:
            if relation.render() not in self.loaded:
                self.load_rows(relation, select)
                self.loaded.add(relation.render())

    @available
    def show_in_duckdb(self, relations: list[SparkRelation]) -> None:
        """Make views of the driver's database over tables and views of Spark, under the same names."""
        for relation in relations:
            frame = self.session.table(relation.render())
            is_table = relation.type == "table"
            files = frame.inputFiles() if is_table else self._write(frame, self._folder_of(relation))
            texts = ", ".join(sql_text(_local(file)) for file in files)
            self.duckdb_query(
                f"create schema if not exists {relation.schema};"
                f"create or replace view {relation.render()} as select * from read_parquet([{texts}])"
            )

    def submit_python_job(self, parsed_model: dict[str, Any], compiled_code: str) -> AdapterResponse:
        """Run a Python model here, as dbt-duckdb does, and make a table of what it returns.

        Raises:
            DbtRuntimeError: With the traceback of what the model raised.
        """
        relation = self.Relation.create(schema=parsed_model["schema"], identifier=parsed_model["alias"])
        module = ModuleType(parsed_model["name"])

        def read(frame: DataFrame) -> pd.DataFrame:
            files = self._write(frame, self.folder / "driver" / "read")
            return cursor.read_parquet(files).df()

        with self.lock, self.database.cursor() as cursor:
            try:
                exec(compile(compiled_code.lstrip(), f"{parsed_model['name']}.py", "exec"), module.__dict__)
                dbt = module.dbtObj(lambda name: Rows(self.session.table(name), read))
                cursor.register("returned", module.model(dbt, self.session))
            except Exception as error:
                raise DbtRuntimeError(f"Python model failed:\n{''.join(traceback.format_exception(error))}") from None
            self._load(relation, "select * from returned", cursor)
        return AdapterResponse("OK")

    def _load(self, relation: SparkRelation, select: str, cursor: DuckDBPyConnection) -> None:
        folder = self._folder_of(relation)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            cursor.execute(f"copy ({select}) to {sql_text(str(folder))} (format parquet, file_size_bytes {FILE_BYTES})")
        except duckdb.Error as error:
            raise DbtRuntimeError(str(error)) from None
        for statement in (
            f"create schema if not exists {relation.schema}",
            f"drop table if exists {relation}",
            f"create table {relation} using parquet location '{folder.as_uri()}'",
        ):
            self.session.sql(statement)

    def _write(self, frame: DataFrame, folder: Path) -> list[str]:
        """Let the workers write rows as Parquet files, which are returned."""
        frame.write.mode("overwrite").parquet(folder.as_uri())
        return [str(file) for file in folder.glob("*.parquet")]

    def _folder_of(self, relation: SparkRelation) -> Path:
        return self.folder / "driver" / relation.schema / relation.identifier


def _local(file: str) -> str:
    return file.removeprefix("file://").removeprefix("file:")
