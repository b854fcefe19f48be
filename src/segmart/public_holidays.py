"""Public holidays of the country that the settings name."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

SETTING = "holiday_country"
LANGUAGE = "en_US"


def holiday_name(place: str, day: date) -> str | None:
    """Name of the public holiday on a day, in English where the library has it; of several, all of them.

    Args:
        place: ISO code of a country, or of a part of it: ``DE``, ``DE-BY``.
        day: The day.

    Returns:
        The name, or None on any other day.

    Raises:
        ValueError: The library knows no such place.
    """
    return _calendar(place).get(day)


@lru_cache(maxsize=8)
def _calendar(place: str) -> holidays.HolidayBase:
    country, _, part = place.partition("-")
    try:
        known = holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        examples = "DE, or DE-BY for a part of a country"
        raise ValueError(
            f"{SETTING} is “{place}”, of which no holidays are known: write a code such as {examples}"
        ) from None
    if LANGUAGE not in known.supported_languages:
        return known
    return holidays.country_holidays(country, subdiv=part or None, language=LANGUAGE)
