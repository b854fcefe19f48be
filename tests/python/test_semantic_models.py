"""Metrics are described twice, for dbt 1.11 and for later versions, and both say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from dbt_runs import ROOT

Described = dict[str, Any]


def yaml_files(folder: str) -> Iterator[Mapping[str, Any]]:
    """What stands in the YAML files of a folder."""
    for file in sorted((ROOT / folder).rglob("*.yml")):
        yield yaml.safe_load(file.read_text(encoding="utf-8"))


def plain(text: object) -> str:
    """A text or number in one line."""
    return " ".join(str(text).split())


def older_form() -> tuple[Described, Described]:
    """Semantic models and metrics as dbt 1.11 reads them, by name."""
    files = list(yaml_files("semantic_models"))
    measures: Described = {}
    models: Described = {}
    for model in (model for file in files for model in file["semantic_models"]):
        for measure in model.get("measures", []):
            measures[measure["name"]] = measure["agg"], plain(measure.get("expr", measure["name"]))
        models[model["name"]] = {
            "model": model["model"],
            "time": model.get("defaults", {}).get("agg_time_dimension"),
            "primary_entity": model.get("primary_entity"),
            "entities": {item["name"]: (item["type"], item["expr"]) for item in model["entities"]},
            "dimensions": {
                item["name"]: (
                    item["type"],
                    item.get("expr", item["name"]),
                    item.get("type_params", {}).get("time_granularity"),
                )
                for item in model["dimensions"]
            },
        }
    metrics = {}
    for metric in (metric for file in files for metric in file.get("metrics", [])):
        settings = metric["type_params"]
        metrics[metric["name"]] = {
            "label": metric["label"],
            "description": metric["description"],
            "type": metric["type"],
            "of": measures[settings["measure"]]
            if metric["type"] == "simple"
            else (settings["numerator"], settings["denominator"]),
        }
    return models, metrics


def newer_form() -> tuple[Described, Described]:
    """Semantic models and metrics as later versions read them, by name."""
    models: Described = {}
    metrics: Described = {}
    described = [
        model for file in yaml_files("models") for model in file.get("models", []) if "semantic_model" in model
    ]
    for model in described:
        columns = model["columns"]
        models[model["semantic_model"]["name"]] = {
            "model": f"ref('{model['name']}')",
            "time": model.get("agg_time_dimension"),
            "primary_entity": model.get("primary_entity"),
            "entities": {
                column["entity"]["name"]: (column["entity"]["type"], column["name"])
                for column in columns
                if "entity" in column
            },
            "dimensions": {
                column["dimension"].get("name", column["name"]): (
                    column["dimension"]["type"],
                    column["name"],
                    column.get("granularity"),
                )
                for column in columns
                if "dimension" in column
            },
        }
        for metric in model.get("metrics", []):
            metrics[metric["name"]] = {
                "label": metric["label"],
                "description": metric["description"],
                "type": metric["type"],
                "of": (metric["agg"], plain(metric["expr"]))
                if metric["type"] == "simple"
                else (metric["numerator"], metric["denominator"]),
            }
    return models, metrics


@pytest.mark.parametrize("part", [0, 1], ids=["models", "metrics"])
def test_both_forms_say_the_same(part: int) -> None:
    older, newer = older_form()[part], newer_form()[part]
    assert len(older) >= 4
    assert newer == older
