"""dbt-spark with what Segmart needs besides: Python models and a DuckDB database in the driver."""

from dbt.adapters.base import AdapterPlugin
from dbt.adapters.segmartspark.impl import SegmartSparkAdapter, SegmartSparkCredentials
from dbt.include import segmartspark

Plugin = AdapterPlugin(
    adapter=SegmartSparkAdapter,
    credentials=SegmartSparkCredentials,
    include_path=segmartspark.PACKAGE_PATH,
    dependencies=["spark"],
)
