"""Synthetic supermarket customers, their baskets and a list of products by category, with a planted truth.

The tables at the top say all that is planted: personas, products, pairs and quirks. The code below them only draws
from these tables.

The model: a customer belongs to one of nine personas, and has a size: how much was spent, and how many different
products were bought. Given persona and size, all columns are independent of each other. A basket holds each product or
does not, independently of all others, with a probability that depends on the persona alone; the products of a planted
pair are the exception, they go together more often. So two products that every persona buys equally often are
independent among all baskets, too.

The same seed gives the same bytes with any numpy version and on any machine.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tools.synthesize._draws import (
    Bell,
    Floats,
    Integers,
    Mask,
    draw,
    draw_bells,
    draw_ids,
    generator,
    pick,
    require_size,
    same,
)
from tools.synthesize._files import write_table

DEFAULT_CUSTOMERS = 3_000
DEFAULT_BASKETS = 20_000
DEFAULT_SEED = 6
MIN_CUSTOMERS = 500
MIN_BASKETS = 5_000
"""With fewer customers or baskets a quirk may be missing."""

FIRST_CUSTOMER = 40_001
FIRST_CARD = 700_001
FIRST_INVOICE = 13_000_001
"""Outside the range of the public files: none of these numbers is one of theirs."""
WIDEST_GAP = 3
"""At most so many numbers are missing between two of them."""

CHUNK_BASKETS = 20_000
"""Baskets that are drawn, or turned into text, at a time."""


# Products ------------------------------------------------------------------------------------------------------

Kind = Literal[
    "alcohol_drinks", "electronics", "fish", "groceries", "hygiene", "meat", "nonalcohol_drinks", "vegetables",
    "videogames", "petfood",
]  # fmt: skip

CATEGORIES = (
    "alcohol_drinks", "electronics", "fish", "groceries", "hygiene", "meat", "nonalcohol_drinks", "vegetables",
    "videogames",
)  # fmt: skip
"""The categories of the product list, in its order; pet food has none of its own there."""

STAPLES: tuple[Kind, ...] = ("groceries", "hygiene")
"""Kinds that every persona buys equally often."""

BASKETS_PER_1000: dict[Kind, dict[str, int]] = {
    "alcohol_drinks": {
        "Hopwell ale": 58, "dark ale": 37, "Castrel red": 62, "Castrel white": 52, "sparkling wine": 31,
        "plum brandy": 37, "pear cider": 43, "cane rum": 40, "Gin No. 7": 49,
    },
    "electronics": {
        "Orvo phone 5": 41, "Orvo earbuds": 75, "Quill laptop": 33, "desk lamp": 38, "wall plug": 63, "power bank": 54,
        "Zephra fan": 34, "hand mixer": 31, "Lumo E-reader": 36, "smart scale": 30, "Orvo pad": 33,
    },
    "fish": {
        "cod loin": 51, "sea bream": 44, "smoked_perch": 38, "clams": 41, "squid rings": 48, "herring fillet": 40,
        "crab meat": 33,
    },
    "groceries": {
        "farm loaf": 90, "Brindle rice": 45, "oat squares": 84, "egg box": 78, "table salt": 54, "cane sugar": 40,
        "sunny oil": 69, "nut oil": 30, "Nan's rolls": 64, "baker's yeast": 37, "bow noodles": 71, "egg noodles": 46,
        "lasagne": 36, "red pesto": 50, "mac & cheese": 43, "fish & dill soup": 28, "pea soup": 33, "curry paste": 41,
        "soy dip": 39, "garlic mayo": 43, "mild mustard": 34, "relish": 28, "Tavola brie": 50, "goat cheese": 40,
        "cheddar": 48, "blue cheese": 27, "quark": 36, "oat yogurt": 41, "skyr": 46, "Alma butter": 72,
        "whole milk": 59, "oat milk": 49, "sour cream": 31, "custard": 28, "waffles": 50, "crumpets": 30,
        "fruit scones": 33, "jam, plum": 36, "jam, cherry": 41, "flower honey": 43, "peanut spread": 41,
        "Kolo choc 70%": 44, "wafer bars": 67, "mint drops": 60, "rusks": 37, "crackers": 63, "sea crisps": 69,
        "trail mix": 36, "cashews": 52, "flour type 2": 43, "baking mix": 30, "baby puree": 50, "kitchen roll": 56,
        "freezer bags": 41, "candles": 28, "baby wipes": 45,
    },
    "hygiene": {
        "Frisk paste": 86, "Frisk brush": 82, "bar soap": 48, "hand cream": 50, "hair wash": 68, "bath foam": 36,
        "Nelo roll-on": 69, "shave gel": 41, "cotton pads": 52, "tissues: soft": 76,
    },
    "meat": {
        "veal cutlet": 38, "pork ribs": 48, "lamb chops": 41, "duck breast": 31, "beef strips": 52,
        "Grillo's sausages": 61, "salami": 55, "liver spread": 34, "chicken wings": 65,
    },
    "nonalcohol_drinks": {
        "Fonte still": 55, "Fonte fizz": 46, "apple juice": 51, "carrot juice": 36, "rooibos": 41, "camomile": 50,
        "cold brew": 48, "ginger ale": 43, "Zapp! cola": 59, "iced tea": 49,
    },
    "vegetables": {
        "beetroot": 46, "leek": 49, "fennel": 38, "kale": 48, "radish": 41, "parsnip": 36, "savoy": 34,
        "bell peppers": 55, "cucumber": 61, "cherry tomato": 69, "lettuce": 58, "rocket & chard": 40, "sweet onion": 62,
        "garlic": 54, "white beans": 43, "chickpeas": 63, "lentils": 44, "pumpkin": 38, "celery": 36, "mushrooms": 52,
        "plums": 43, "pears": 51, "apricots": 40, "lemons, net": 65,
    },
    "videogames": {
        "Skyhold": 46, "Skyhold 2": 41, "Skyhold 3": 38, "Ulm: Ascent": 34, "Ulm: Exile": 33, "Rook & Lantern": 43,
        "Rook & Lantern 2": 36, "Moss Saga IV": 40, "Moss Saga VII": 34, "Tidebreak": 44, "Gridlock '88": 33,
        "Nova_Drift": 38, "PixelFarm": 63, "Kart Frenzy": 41, "Hollow Vale": 36, "Iron Choir": 33, "Deep Sector 9": 34,
        "Loopers": 40,
    },
    "petfood": {"pet mix": 49, "Barkin bites": 48, "Purrl pouches": 51},
}  # fmt: skip
"""Kind -> product -> of 1,000 baskets of a customer who has no preference, so many hold it."""

NEVER_SOLD: dict[str, str] = {
    "Orvo phone 3": "electronics",
    "Orvo headset": "electronics",
    "Castrel tablet": "electronics",
}
"""Products of the list that are in no basket -> category."""

WITHOUT_CATEGORY = ("Barkin bites", "Purrl pouches", "Orvo phone 5", "smart scale", "desk lamp")
"""Products in baskets that the list does not know."""

LISTED_TWICE = ("cucumber",)
"""Products with two equal rows in the list."""

LISTED_UNDER: dict[str, tuple[str, ...]] = {
    "pet mix": ("groceries",),
    "Orvo earbuds": ("electronics", "videogames"),
    "Orvo pad": ("videogames",),
    "Ulm: Exile": ("electronics",),
}
"""Products that the list has under another category than their kind, or under two."""


@dataclass(frozen=True)
class Product:
    """One product.

    Attributes:
        name: As the files spell it.
        kind: What it is; personas have preferences for kinds.
        baskets_per_1000: Of 1,000 baskets of a customer who has no preference, so many hold it.
        categories: Its category in each of its rows in the product list; empty if it has none.
    """

    name: str
    kind: Kind
    baskets_per_1000: int
    categories: tuple[str, ...]


def _categories(name: str, kind: str) -> tuple[str, ...]:
    """The category of a sold product in each of its rows in the product list."""
    if name in WITHOUT_CATEGORY:
        return ()
    return LISTED_UNDER.get(name, (kind,)) * (1 + (name in LISTED_TWICE))


PRODUCTS = tuple(
    Product(name, kind, baskets, _categories(name, kind))
    for kind, products in BASKETS_PER_1000.items()
    for name, baskets in products.items()
)
"""The products that are sold."""


# Personas ------------------------------------------------------------------------------------------------------

SPEND_COLUMNS = (
    "lifetime_spend_groceries", "lifetime_spend_electronics", "lifetime_spend_vegetables",
    "lifetime_spend_nonalcohol_drinks", "lifetime_spend_alcohol_drinks", "lifetime_spend_meat", "lifetime_spend_fish",
    "lifetime_spend_hygiene", "lifetime_spend_videogames", "lifetime_spend_petfood",
)  # fmt: skip
"""In the order of the personas' amounts."""

FEW_CHILDREN = (78, 19, 3)
WIDE_DAY = Bell(15, 3.5, low=6, high=23)
RECENT = Bell(2015, 3, high=2023)
SOME_PROMOTIONS = Bell(36, 11, low=1)
FEW_STORES = (52, 37, 11)
MANY_PRODUCTS = Bell(150, 30)


@dataclass(frozen=True)
class Persona:
    """One planted cluster.

    Attributes:
        name: What a marketer would call it.
        percent: Share of all customers.
        is_specialist: Whether it is a small group that stands far from all others.
        birth_year: Year of birth.
        spend: Mean amount in each of ``SPEND_COLUMNS``.
        factors: Kind -> how many times as often it is bought as by a customer who has no preference.
        kids: Share of households with 0, 1, 2, ... small children, in per cent.
        teens: Share of households with 0, 1, 2, ... teenagers, in per cent.
        first_year: Year of the first transaction.
        promotion_percent: Share of products bought in a promotion, in per cent.
        stores: Share that visits 1, 2, 3, ... stores, in per cent.
        hour: Typical hour of a purchase.
        products: Different products ever bought, at the usual size.
    """

    name: str
    percent: int
    is_specialist: bool
    birth_year: Bell
    spend: tuple[int, int, int, int, int, int, int, int, int, int]
    factors: dict[Kind, float]
    kids: tuple[int, ...] = FEW_CHILDREN
    teens: tuple[int, ...] = FEW_CHILDREN
    first_year: Bell = RECENT
    promotion_percent: Bell = SOME_PROMOTIONS
    stores: tuple[int, ...] = FEW_STORES
    hour: Bell = WIDE_DAY
    products: Bell = MANY_PRODUCTS


PERSONAS = (
    Persona(
        name="Fishermen",
        percent=6,
        is_specialist=True,
        birth_year=Bell(1966, 5),
        spend=(12_000, 1_900, 1_500, 1_500, 1_600, 300, 20_000, 500, 450, 800),
        factors={"fish": 5, "meat": 0.3, "videogames": 0.5, "electronics": 0.7},
        hour=Bell(9, 1.5, low=6),
    ),
    Persona(
        name="Gamers",
        percent=5,
        is_specialist=True,
        birth_year=Bell(1993, 3, high=2001),
        spend=(9_000, 3_200, 700, 2_600, 1_500, 1_500, 500, 350, 18_000, 800),
        factors={"videogames": 4, "electronics": 1.5, "vegetables": 0.3, "fish": 0.5, "alcohol_drinks": 0.7},
        hour=Bell(19, 1.5, high=23),
    ),
    Persona(
        name="Pet lovers",
        percent=5,
        is_specialist=True,
        birth_year=Bell(1976, 5),
        spend=(15_000, 1_900, 2_400, 2_000, 1_500, 2_000, 1_300, 650, 500, 18_000),
        factors={"petfood": 7, "videogames": 0.5, "electronics": 0.7},
    ),
    Persona(
        name="Vegetarians",
        percent=7,
        is_specialist=True,
        birth_year=Bell(1984, 5),
        spend=(17_000, 2_000, 13_000, 2_200, 1_500, 15, 10, 700, 500, 800),
        factors={"vegetables": 2, "meat": 0.02, "fish": 0.02, "videogames": 0.6, "electronics": 0.7},
        products=Bell(190, 30),
    ),
    Persona(
        name="Young party people",
        percent=6,
        is_specialist=True,
        birth_year=Bell(1999, 1, high=2001),
        spend=(4_500, 1_200, 250, 2_600, 14_000, 500, 200, 200, 500, 400),
        factors={"alcohol_drinks": 5, "nonalcohol_drinks": 1.5, "vegetables": 0.3, "fish": 0.3, "electronics": 0.6},
        first_year=Bell(2020, 1, high=2023),
        hour=Bell(21, 1, high=23),
        products=Bell(70, 15),
    ),
    Persona(
        name="Parents",
        percent=24,
        is_specialist=False,
        birth_year=Bell(1980, 5),
        spend=(34_000, 2_000, 3_200, 3_400, 1_500, 3_400, 2_200, 1_100, 600, 1_000),
        factors={"nonalcohol_drinks": 1.5, "meat": 1.2, "alcohol_drinks": 0.6, "electronics": 0.8},
        kids=(0, 6, 36, 38, 14, 3, 2, 1),
        teens=(0, 26, 52, 18, 4),
        hour=Bell(16, 2.5, low=6, high=23),
        products=Bell(210, 35),
    ),
    Persona(
        name="Long-standing customers",
        percent=17,
        is_specialist=False,
        birth_year=Bell(1957, 5),
        spend=(24_000, 1_700, 3_000, 2_000, 1_800, 2_500, 1_700, 750, 450, 1_000),
        factors={"vegetables": 1.2, "videogames": 0.3, "electronics": 0.5},
        first_year=Bell(2005, 1.5),
        stores=(70, 27, 3),
        hour=Bell(12, 3, low=6),
        products=Bell(200, 30),
    ),
    Persona(
        name="Promotion lovers",
        percent=18,
        is_specialist=False,
        birth_year=Bell(1972, 5),
        spend=(12_000, 1_700, 1_800, 1_500, 1_300, 2_200, 1_300, 550, 500, 900),
        factors={"meat": 1.1, "videogames": 0.6, "electronics": 0.8},
        promotion_percent=Bell(76, 7, high=97),
        stores=(4, 16, 30, 28, 14, 6, 2),
        products=Bell(170, 30),
    ),
    Persona(
        name="Young with electronics",
        percent=12,
        is_specialist=False,
        birth_year=Bell(1994, 3, high=2001),
        spend=(10_000, 5_500, 1_400, 1_700, 1_500, 1_600, 1_000, 500, 800, 900),
        factors={"electronics": 4, "vegetables": 0.6, "fish": 0.6},
        first_year=Bell(2018, 1.5, high=2023),
        hour=Bell(18, 2, high=23),
        products=Bell(90, 20),
    ),
)

SIZE_PERCENT = Bell(100, 20)
"""How much a customer spends, and how many different products, in per cent of the persona's."""
CATEGORY_PERCENT = Bell(100, 22)
"""How much a customer spends on one category, in per cent of the size's."""
COMPLAINTS = (26, 47, 20, 5, 1.6, 0.3, 0.07, 0.03)
"""Share of 0, 1, 2, ... complaints in per cent, the same for all personas."""
ACTIVITY_PERCENT = Bell(100, 32, low=10)
"""How many baskets a customer fills, in per cent of the average."""

FIRST_BIRTHDAY = date(1940, 1, 1)
LAST_BIRTHDAY = date(2001, 12, 31)

GENDERS = ("female", "male")
FIRST_NAMES = (
    ("Abby", "Bella", "Cora", "Dina", "Elsa", "Flora", "Gwen", "Hilda", "Inga", "Joyce", "Kiki", "Lena", "Mira", "Nora",
     "Olga", "Pia", "Rosa", "Stella", "Tess", "Uma", "Vera", "Wilma", "Yara", "Zoe"),
    ("Adam", "Boris", "Carl", "Dean", "Emil", "Felix", "Gus", "Hugo", "Ivan", "Jonas", "Karl", "Leo", "Max", "Nils",
     "Oscar", "Paul", "Ralf", "Sam", "Theo", "Ulf", "Vito", "Walt", "Yann", "Zack"),
)  # fmt: skip
"""For each gender, equally many."""
FAMILY_NAMES = (
    "Ambelow", "Barrowick", "Cindermoor", "Dapplegate", "Elmcroft", "Farnaby", "Gatterly", "Hollowfen", "Inglemere",
    "Jarrowby", "Kestlewood", "Larkenfield", "Mossbrook", "Nettlecombe", "Oakhanger", "Pennyfold", "Quarrendale",
    "Rushwater", "Saltmarch", "Tanglewick", "Underhay", "Vennwright", "Wexcombe", "Yarlstone",
)  # fmt: skip
TITLES = ("", "Bsc. ", "Msc. ", "Phd. ")
TITLE_PERCENT = (46, 18, 18, 18)

DISTRICTS = (
    (38.675, -9.215), (38.690, -9.180), (38.705, -9.150), (38.720, -9.130), (38.745, -9.175), (38.760, -9.100),
    (38.785, -9.120),
)  # fmt: skip
"""Latitude and longitude of the south-west corner of each square in which customers live."""
DISTRICT_SIZE = 0.024


# Pairs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """Two products that go together; each is bought as often as it would be without the other.

    Attributes:
        products: The two products; neither is in another pair.
        persona: Whose baskets; None for all customers.
        lift: How many times as many baskets hold both as would if they were independent; at most 1 / the probability
            of the more frequent product, or not all of these baskets exist.
    """

    products: tuple[str, str]
    persona: str | None
    lift: float


PAIRS = (
    Pair(("bow noodles", "red pesto"), None, 5.0),
    Pair(("waffles", "flower honey"), None, 6.0),
    Pair(("Frisk paste", "Frisk brush"), None, 4.0),
    Pair(("flour type 2", "baker's yeast"), None, 8.0),
    Pair(("Tavola brie", "jam, cherry"), None, 4.5),
    Pair(("cashews", "table salt"), None, 4.0),
    Pair(("cotton pads", "hand cream"), None, 5.0),
    Pair(("soy dip", "Brindle rice"), None, 6.0),
    Pair(("lemons, net", "garlic mayo"), "Fishermen", 6.0),
    Pair(("wafer bars", "PixelFarm"), "Gamers", 3.5),
    Pair(("tissues: soft", "freezer bags"), "Pet lovers", 6.0),
    Pair(("chickpeas", "curry paste"), "Vegetarians", 5.0),
    Pair(("sea crisps", "plum brandy"), "Young party people", 4.0),
    Pair(("baby puree", "baby wipes"), "Parents", 6.0),
    Pair(("camomile", "rusks"), "Long-standing customers", 6.0),
    Pair(("kitchen roll", "crackers"), "Promotion lovers", 5.0),
    Pair(("wall plug", "mint drops"), "Young with electronics", 3.5),
)

BASKET_SIZES = (2, 18)
"""Fewest and most products of a basket; about one basket in 200 would have fewer or more, and is drawn anew."""


# Quirks --------------------------------------------------------------------------------------------------------

MISSING_PER_1000 = {
    "customer_birthdate": 4,
    "kids_home": 5,
    "teens_home": 4,
    "number_complaints": 3,
    "distinct_stores_visited": 10,
    "typical_hour": 4,
    "lifetime_spend_vegetables": 5,
    "lifetime_spend_alcohol_drinks": 10,
    "lifetime_spend_fish": 10,
    "loyalty_card_number": 185,
}
"""Column -> of 1,000 customers so many have no value."""
SHARED_CARD_PAIRS_PER_1000 = 53
"""Of 1,000 customers so many have the card number of another one."""
NEGATIVE_PROMOTIONS_PER_1000 = 21
LOWEST_PROMOTION = -0.44
PROMOTIONS_OVER_ONE_PER_1000 = 16
HIGHEST_PROMOTION = 1.36
FUTURE_YEARS_PER_1000 = 24
FUTURE_YEARS = (2024, 2025, 2026)
PLACEHOLDER_YEARS_PER_1000 = 48
PLACEHOLDER_YEAR = 2000
MIDNIGHTS_PER_1000 = 27
MIDNIGHT = 24

UNKNOWN_CUSTOMERS_PER_10_000 = 20

Spelling = Literal["python", "json", "unclosed", "empty text", "empty list", "not a list"]
SPELLINGS_PER_10_000: dict[Spelling, int] = {
    "json": 10,
    "unclosed": 3,
    "empty text": 2,
    "empty list": 2,
    "not a list": 3,
}
"""Of 10,000 baskets so many are spelled otherwise than as a Python list."""
SPELLINGS: tuple[Spelling, ...] = ("python", *SPELLINGS_PER_10_000)


# Results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quirks:
    """Where the warts are. Customers are given by customer_id, baskets by invoice_id, both in ascending order.

    Attributes:
        missing: Column -> the true values of the customers who have none in the file, by customer_id. Those of
            ``loyalty_card_number`` are the numbers that the cards would have had.
        shared_cards: Customers with the card number of another one who is not listed here.
        negative_promotions: Share of products bought in a promotion below 0.
        promotions_over_one: The same, above 1.
        future_years: First transaction in a year that is still to come.
        placeholder_years: First transaction in 2000, as a sign that the year is not known.
        midnights: Typical hour 24.
        spellings: Spelling -> baskets that are not spelled as a Python list.
        unknown_customers: Baskets of customers who are not in the file.
    """

    missing: dict[str, pd.Series]
    shared_cards: tuple[int, ...]
    negative_promotions: tuple[int, ...]
    promotions_over_one: tuple[int, ...]
    future_years: tuple[int, ...]
    placeholder_years: tuple[int, ...]
    midnights: tuple[int, ...]
    spellings: dict[Spelling, tuple[int, ...]]
    unknown_customers: tuple[int, ...]


@dataclass(frozen=True)
class GroceryTruth:
    """What was planted, for tests of the pipeline that reads the files.

    Attributes:
        personas: The planted clusters.
        persona: Name of each customer's persona, categorical, by customer_id.
        products: All products that are sold.
        probabilities: Probability that a basket holds a product; a row per persona, a column per product.
        pairs: The products that go together.
        independent_pairs: Pairs of staples that are independent among all baskets and among those of each persona, in
            alphabetical order. (Baskets are drawn anew for their size, which shifts lifts by less than 1 %.)
        quirks: Where the warts are.
    """

    personas: tuple[Persona, ...]
    persona: pd.Series
    products: tuple[Product, ...]
    probabilities: pd.DataFrame
    pairs: tuple[Pair, ...]
    independent_pairs: tuple[tuple[str, str], ...]
    quirks: Quirks


@dataclass(frozen=True)
class Baskets:
    """Many baskets, in little memory.

    Attributes:
        invoice_id: Number of each basket, shape (n,).
        customer_id: Who filled it, shape (n,).
        end: Place behind each basket's last product, shape (n,).
        product: Products (numbers in ``PRODUCTS``) of one basket after the other, shape (n_lines,).
        spelling: Number of each basket's spelling in ``SPELLINGS``, shape (n,).
    """

    invoice_id: Integers
    customer_id: Integers
    end: Integers
    product: NDArray[np.uint8]
    spelling: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.invoice_id)

    def sizes(self) -> Integers:
        """Number of products of each basket, shape (n,)."""
        return np.diff(self.end, prepend=0)

    def frames(self) -> Iterator[pd.DataFrame]:
        """The columns of ``customer_basket.csv`` in their order, some rows at a time."""
        names = [product.name for product in PRODUCTS]
        ends = [0, *self.end.tolist()]
        for first in range(0, len(self), CHUNK_BASKETS):
            rows = range(first, min(first + CHUNK_BASKETS, len(self)))
            spelling = self.spelling[rows.start : rows.stop].tolist()
            goods = ([names[p] for p in self.product[ends[row] : ends[row + 1]]] for row in rows)
            yield pd.DataFrame(
                {
                    "invoice_id": self.invoice_id[rows.start : rows.stop],
                    "list_of_goods": [_spell(names, SPELLINGS[n]) for names, n in zip(goods, spelling, strict=True)],
                    "customer_id": self.customer_id[rows.start : rows.stop],
                }
            )


@dataclass(frozen=True)
class GrocerySample:
    """One synthetic data set.

    Attributes:
        customers: The columns of ``customer_info.csv`` in their order. The ids are in no order. Texts are categorical,
            all numbers but the id are floats.
        baskets: The rows of ``customer_basket.csv``.
        products: The columns of ``product_mapping.csv``.
        truth: What was planted.
    """

    customers: pd.DataFrame
    baskets: Baskets
    products: pd.DataFrame
    truth: GroceryTruth


def synthesize_grocery(
    customers: int = DEFAULT_CUSTOMERS, baskets: int = DEFAULT_BASKETS, seed: int = DEFAULT_SEED
) -> GrocerySample:
    """Draw a data set.

    Args:
        customers: Rows of the customers' file.
        baskets: Rows of the baskets' file; the customers do not depend on it.
        seed: Seed of the random generator, 0 or more.

    Raises:
        ValueError: If ``customers`` is below ``MIN_CUSTOMERS``, ``baskets`` below ``MIN_BASKETS`` or ``seed`` negative.
    """
    require_size("customers", customers, MIN_CUSTOMERS)
    require_size("baskets", baskets, MIN_BASKETS)
    rng = generator(seed)
    persona = draw(rng, [[p.percent for p in PERSONAS]], same(customers))
    ids = draw_ids(rng, customers, FIRST_CUSTOMER, WIDEST_GAP)
    table = _draw_customers(rng, ids, persona)
    customer_quirks = _add_customer_quirks(rng, table)
    drawn, basket_quirks = _draw_baskets(rng, baskets, ids, persona)
    names = pd.Categorical.from_codes(persona, [p.name for p in PERSONAS])
    return GrocerySample(
        customers=table,
        baskets=drawn,
        products=_products_frame(),
        truth=GroceryTruth(
            personas=PERSONAS,
            persona=pd.Series(names, index=pd.Index(ids, name="customer_id"), name="persona"),
            products=PRODUCTS,
            probabilities=pd.DataFrame(
                _probabilities(), index=[p.name for p in PERSONAS], columns=[p.name for p in PRODUCTS]
            ),
            pairs=PAIRS,
            independent_pairs=_independent_pairs(),
            quirks=Quirks(**customer_quirks, **basket_quirks),
        ),
    )


def write_grocery(
    out: Path | str,
    customers: int = DEFAULT_CUSTOMERS,
    baskets: int = DEFAULT_BASKETS,
    seed: int = DEFAULT_SEED,
    parquet: bool = False,
) -> GrocerySample:
    """Draw a data set and write its three files into ``<out>/grocery``, which is made if it is not there.

    A file, CSV or Parquet, appears only when it is complete; only those of the committed sample are replaced.

    Raises:
        ValueError: If ``customers``, ``baskets`` or ``seed`` is out of range.
        OSError: If a file can't be written.
    """
    sample = synthesize_grocery(customers, baskets, seed)
    folder = Path(out) / "grocery"
    folder.mkdir(parents=True, exist_ok=True)
    layout = {"line_end": "\n", "parquet": parquet}
    write_table(sample.customers, folder / "customer_info.csv", float_format=None, **layout)
    write_table(sample.baskets.frames(), folder / "customer_basket.csv", line_end="\r\n", parquet=parquet)
    write_table(sample.products, folder / "product_mapping.csv", **layout)
    return sample


# Customers -----------------------------------------------------------------------------------------------------


def _draw_customers(rng: np.random.Generator, ids: Integers, persona: Integers) -> pd.DataFrame:
    """Draw customers without quirks, in the layout of the raw file.

    Args:
        rng: Random generator.
        ids: The customer_ids, shape (n,).
        persona: Persona of each customer, shape (n,).
    """
    one_table = same(len(ids))
    gender = (rng.random(len(ids)) * len(GENDERS)).astype(np.int8)
    size = draw_bells(rng, [SIZE_PERCENT], one_table)

    def bell(name: str) -> Integers:
        return draw_bells(rng, [getattr(p, name) for p in PERSONAS], persona)

    def count(name: str) -> Integers:
        tables = [getattr(p, name) for p in PERSONAS]
        longest = max(map(len, tables))
        return draw(rng, [(*table, *[0] * (longest - len(table))) for table in tables], persona)

    spend = {}
    for number, column in enumerate(SPEND_COLUMNS):
        mean = np.array([p.spend[number] for p in PERSONAS])[persona]
        spend[column] = (mean * size * draw_bells(rng, [CATEGORY_PERCENT], one_table) + 5_000) // 10_000
    district = (rng.random(len(ids)) * len(DISTRICTS)).astype(np.int8)
    south, west = np.array(DISTRICTS)[district].T
    columns = {
        "customer_id": ids,
        "customer_name": _draw_names(rng, gender),
        "customer_gender": pd.Categorical.from_codes(gender, GENDERS),
        "customer_birthdate": _draw_birthdays(rng, bell("birth_year")),
        "kids_home": count("kids"),
        "teens_home": count("teens"),
        "number_complaints": draw(rng, [COMPLAINTS], one_table),
        "distinct_stores_visited": 1 + count("stores"),
        "lifetime_spend_groceries": spend["lifetime_spend_groceries"],
        "lifetime_spend_electronics": spend["lifetime_spend_electronics"],
        "typical_hour": bell("hour"),
        **{column: spend[column] for column in SPEND_COLUMNS[2:]},
        "lifetime_total_distinct_products": np.maximum(bell("products") * size // 100, 1),
        "percentage_of_products_bought_promotion": (bell("promotion_percent") + rng.random(len(ids))) / 100,
        "year_first_transaction": bell("first_year"),
        "loyalty_card_number": draw_ids(rng, len(ids), FIRST_CARD, WIDEST_GAP),
        "latitude": south + rng.random(len(ids)) * DISTRICT_SIZE,
        "longitude": west + rng.random(len(ids)) * DISTRICT_SIZE,
    }
    numbers = {name: values for name, values in columns.items() if name not in ("customer_id", *_TEXTS)}
    return pd.DataFrame(columns).astype(dict.fromkeys(numbers, np.float64))


_TEXTS = ("customer_name", "customer_gender", "customer_birthdate")


def _draw_names(rng: np.random.Generator, gender: Integers) -> pd.Categorical:
    """Names, some with a title, such as Msc. Cora Elmcroft; titles and names depend on nothing but the gender."""
    title = draw(rng, [TITLE_PERCENT], same(len(gender)))
    n_first, n_family = len(FIRST_NAMES[0]), len(FAMILY_NAMES)
    first = (rng.random(len(gender)) * n_first).astype(np.int32)
    family = (rng.random(len(gender)) * n_family).astype(np.int32)
    names = [
        f"{title}{first} {family}"
        for title in TITLES
        for first_names in FIRST_NAMES
        for first in first_names
        for family in FAMILY_NAMES
    ]
    return pd.Categorical.from_codes(((title * len(GENDERS) + gender) * n_first + first) * n_family + family, names)


def _draw_birthdays(rng: np.random.Generator, year: Integers) -> pd.Categorical:
    """Dates of birth with a time of the day, such as 08/22/1948 05:06 AM.

    Args:
        rng: Random generator.
        year: Year of birth, shape (n,).
    """
    days = [FIRST_BIRTHDAY + timedelta(days=n) for n in range((LAST_BIRTHDAY - FIRST_BIRTHDAY).days + 1)]
    year_start = np.searchsorted([day.year for day in days], year)
    day = year_start + (rng.random(len(year)) * 365).astype(np.int32)
    minute = (rng.random(len(year)) * 24 * 60).astype(np.int32)
    moments, number = np.unique(day * 24 * 60 + minute, return_inverse=True)
    dates = [f"{day:%m/%d/%Y}" for day in days]
    hours = [f"{hour % 12 or 12:02}:{minute:02} {half}" for hour, half in _HOURS for minute in range(60)]
    return pd.Categorical.from_codes(
        number, [f"{dates[day]} {hours[minute]}" for day, minute in zip(*divmod(moments, 24 * 60), strict=True)]
    )


_HOURS = tuple((hour, "AM" if hour < 12 else "PM") for hour in range(24))


def _add_customer_quirks(rng: np.random.Generator, table: pd.DataFrame) -> dict[str, object]:
    """Plant the warts of the customers' file; the table is changed.

    Returns:
        The fields of ``Quirks`` that are about customers.
    """
    ids = table["customer_id"].to_numpy()

    def rows(free: Mask, per_1000: int, eligible: Mask | Literal[True] = True) -> Integers:
        return pick(rng, free, len(table) * per_1000 // 1000, eligible)

    def everybody() -> Mask:
        return np.full(len(table), True)

    def listed(places: Integers) -> tuple[int, ...]:
        return tuple(np.sort(ids[places]).tolist())

    # Of those who are near the limit anyway, so that the customers stay near their persona.
    share = table["percentage_of_products_bought_promotion"].to_numpy(copy=True)
    free = everybody()
    negative = rows(free, NEGATIVE_PROMOTIONS_PER_1000, share < 0.35)
    over_one = rows(free, PROMOTIONS_OVER_ONE_PER_1000, share > 0.7)
    below, above = rng.random(len(negative)), rng.random(len(over_one))
    share[negative] = LOWEST_PROMOTION * below * below
    share[over_one] = 1 + (HIGHEST_PROMOTION - 1) * above * above
    table["percentage_of_products_bought_promotion"] = share

    year = table["year_first_transaction"].to_numpy(copy=True)
    free = everybody()
    future = rows(free, FUTURE_YEARS_PER_1000, year > 2012)
    placeholder = rows(free, PLACEHOLDER_YEARS_PER_1000)
    year[future] = np.array(FUTURE_YEARS)[(rng.random(len(future)) * len(FUTURE_YEARS)).astype(np.int8)]
    year[placeholder] = PLACEHOLDER_YEAR
    table["year_first_transaction"] = year

    hour = table["typical_hour"].to_numpy(copy=True)
    midnight = rows(everybody(), MIDNIGHTS_PER_1000, hour >= 19)
    hour[midnight] = MIDNIGHT
    table["typical_hour"] = hour

    card = table["loyalty_card_number"].to_numpy(copy=True)
    free = everybody()
    without_card = rows(free, MISSING_PER_1000["loyalty_card_number"])
    pairs = pick(rng, free, 2 * (len(table) * SHARED_CARD_PAIRS_PER_1000 // 1000))
    first, second = pairs[np.argsort(rng.random(len(pairs)), kind="stable")].reshape(2, -1)
    card[second] = card[first]
    table["loyalty_card_number"] = card

    missing = {}
    for column, per_1000 in MISSING_PER_1000.items():
        places = without_card if column == "loyalty_card_number" else rows(everybody(), per_1000)
        truth = table[column].iloc[places].set_axis(pd.Index(ids[places], name="customer_id"))
        missing[column] = truth.sort_index()
        table.loc[places, column] = None
    return {
        "missing": missing,
        "shared_cards": listed(second),
        "negative_promotions": listed(negative),
        "promotions_over_one": listed(over_one),
        "future_years": listed(future),
        "placeholder_years": listed(placeholder),
        "midnights": listed(midnight),
    }


# Baskets -------------------------------------------------------------------------------------------------------


def _probabilities() -> Floats:
    """Probability that a basket of a persona holds a product, shape (n_personas, n_products)."""
    usual = np.array([product.baskets_per_1000 for product in PRODUCTS]) / 1000
    return usual * np.array([[persona.factors.get(product.kind, 1.0) for product in PRODUCTS] for persona in PERSONAS])


def _together(pair: Pair, probabilities: Floats) -> tuple[Floats, Integers]:
    """How often the two products of a pair come together, beyond chance.

    With probability ``r`` a basket gets both products, otherwise each by itself, with a probability that is so much
    lower that each is in as many baskets as it would be without the other. For products of probabilities ``p`` and
    ``q`` and baskets with both of ``lift * p * q`` that is ``r = (lift - 1) p q / (1 - p - q + lift * p * q)``.

    Returns:
        The probability ``r`` of each persona, shape (n_personas,), and the two products' numbers.
    """
    names = [product.name for product in PRODUCTS]
    places = np.array([names.index(name) for name in pair.products])
    p, q = probabilities[:, places].T
    lift = np.array([pair.lift if pair.persona in (None, persona.name) else 1.0 for persona in PERSONAS])
    return (lift - 1) * p * q / (1 - p - q + lift * p * q), places


def _draw_baskets(
    rng: np.random.Generator, n: int, ids: Integers, persona: Integers
) -> tuple[Baskets, dict[str, object]]:
    """Draw baskets with their quirks.

    Args:
        rng: Random generator.
        n: Number of baskets.
        ids: The customer_ids, shape (n_customers,).
        persona: Persona of each customer, shape (n_customers,).

    Returns:
        The baskets, and the fields of ``Quirks`` that are about them.
    """
    activity = draw_bells(rng, [ACTIVITY_PERCENT], same(len(ids)))
    customer = draw(rng, [activity], same(n)).astype(np.int32)
    chunks = [_draw_goods(rng, persona[customer[i : i + CHUNK_BASKETS]]) for i in range(0, n, CHUNK_BASKETS)]
    spelling = np.zeros(n, dtype=np.int8)
    free = np.full(n, True)
    for number, name in enumerate(SPELLINGS[1:], start=1):
        spelling[pick(rng, free, n * SPELLINGS_PER_10_000[name] // 10_000)] = number
    unknown = pick(rng, free, n * UNKNOWN_CUSTOMERS_PER_10_000 // 10_000)
    customer_id = ids[customer]
    customer_id[unknown] = ids.max() + 1 + np.arange(len(unknown))
    baskets = Baskets(
        invoice_id=draw_ids(rng, n, FIRST_INVOICE, WIDEST_GAP),
        customer_id=customer_id,
        end=np.cumsum(np.concatenate([sizes for sizes, _ in chunks]), dtype=np.int64),
        product=np.concatenate([products for _, products in chunks]),
        spelling=spelling,
    )

    def listed(places: Mask | Integers) -> tuple[int, ...]:
        return tuple(np.sort(baskets.invoice_id[places]).tolist())

    return baskets, {
        "spellings": {name: listed(spelling == number) for number, name in enumerate(SPELLINGS) if number > 0},
        "unknown_customers": listed(unknown),
    }


def _draw_goods(rng: np.random.Generator, persona: Integers) -> tuple[Integers, NDArray[np.uint8]]:
    """Draw the products of some baskets.

    Args:
        rng: Random generator.
        persona: Persona of each basket, shape (n,).

    Returns:
        Number of products of each basket, shape (n,), and the products of one basket after the other, in no order.
    """
    probabilities = _probabilities()
    alone = probabilities.copy()
    pairs = [_together(pair, probabilities) for pair in PAIRS]
    for together, places in pairs:
        alone[:, places] = (probabilities[:, places] - together[:, None]) / (1 - together[:, None])
    holds = np.empty((len(persona), len(PRODUCTS)), dtype=bool)
    again = np.arange(len(persona))
    while len(again):
        drawn = rng.random((len(again), len(PRODUCTS))) < alone[persona[again]]
        for together, places in pairs:
            drawn[:, places] |= (rng.random(len(again)) < together[persona[again]])[:, None]
        holds[again] = drawn
        size = drawn.sum(axis=1)
        again = again[(size < BASKET_SIZES[0]) | (size > BASKET_SIZES[1])]
    basket, product = np.nonzero(holds)
    order = np.argsort(basket + rng.random(len(basket)), kind="stable")
    return holds.sum(axis=1), product[order].astype(np.uint8)


def _independent_pairs() -> tuple[tuple[str, str], ...]:
    """All pairs of staples that were not planted."""
    staples = sorted(product.name for product in PRODUCTS if product.kind in STAPLES)
    planted = {frozenset(pair.products) for pair in PAIRS}
    return tuple(pair for pair in combinations(staples, 2) if frozenset(pair) not in planted)


def _spell(names: list[str], spelling: Spelling) -> str:
    """The goods of a basket as the file spells them."""
    match spelling:
        case "json":
            return json.dumps(names)
        case "unclosed":
            return str(names)[:-3]
        case "empty text":
            return ""
        case "empty list":
            return "[]"
        case "not a list":
            return "; ".join(names)
        case _:
            return str(names)


# Files ---------------------------------------------------------------------------------------------------------


def _products_frame() -> pd.DataFrame:
    """The product list in the layout of the raw file: by category, a second row of a product behind all others."""
    rows = list(NEVER_SOLD.items())
    rows += [(product.name, product.categories[0]) for product in PRODUCTS if product.categories]
    rows.sort(key=lambda row: CATEGORIES.index(row[1]))
    rows += [(product.name, category) for product in PRODUCTS for category in product.categories[1:]]
    return pd.DataFrame(rows, columns=["product_name", "category"])
