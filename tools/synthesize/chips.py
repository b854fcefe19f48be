"""A synthetic year of snack sales by loyalty card, with a planted truth.

The tables at the top say all that is planted: products, segments, affinities, promotions, seasons and quirks.
The code below them only draws from these tables.

The model: a card belongs to one of 21 segments (life stage x tier) and makes 1 to 15 transactions in the year. A
segment buys product ``p`` on day ``d`` at a rate proportional to ``season(d) * mix(segment, p) * uplift(p, d)``, so
a promotion adds purchases of its product and takes none from the others.

The same seed gives the same bytes with any numpy version and on any machine.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, islice, repeat
from itertools import product as cross_product
from math import ceil, fsum
from operator import mul
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from tools.synthesize._draws import Floats, Integers, Mask, draw, generator, labels, require_size, same
from tools.synthesize._files import open_table

DEFAULT_LINES = 20_000
DEFAULT_SEED = 4
MIN_LINES = 5_000
"""With fewer lines a segment, a day or a quirk may be missing."""
MIN_CUSTOMERS = 1_000
LINES_PER_CUSTOMER = (2, 100)
"""Fewest and most on average, if a number of customers is given; without one about 3.8."""

BLOCK_LINES = 2_000_000
"""Lines that are drawn at a time; a larger sample is many of these, each with stores and cards of its own."""

FIRST_DAY = date(2018, 7, 1)
LAST_DAY = date(2019, 6, 30)
CLOSED_DAY = date(2018, 12, 25)
EXCEL_EPOCH = date(1899, 12, 30)
DAYS = tuple(
    day for n in range((LAST_DAY - FIRST_DAY).days + 1) if (day := FIRST_DAY + timedelta(days=n)) != CLOSED_DAY
)


# Products ------------------------------------------------------------------------------------------------------

Family = Literal[
    "Original", "Salt", "Salt & Vinegar", "Cheese", "Cheese & Onion", "Sour Cream", "Chicken", "Barbecue",
    "Chilli", "Tomato & Salsa", "Vegetable & Herb", "Meat & Savoury", "None",
]  # fmt: skip
ProductType = Literal["chips", "dip"]


@dataclass(frozen=True)
class Product:
    """One product as the file spells it, and as a reader should understand it.

    Attributes:
        prod_nbr: PROD_NBR, from 1 on without gaps.
        name: PROD_NAME. Its second part starts at column 20: after spaces, or glued where the first part is full.
        alias: The leading words of the name that stand for the brand, in upper case.
        brand: Full name of the brand.
        flavour: The flavour in plain words, in the order of the name; empty if the name states none.
        family: Family of the flavour.
        pack_grams: Pack size in grams.
        product_type: Chips (any crisp snack) or dip.
        price: List price of one pack, a multiple of 0.10.
        lines_per_1000: Lines outside promotions, per 1,000 lines of the 42 products of the ordinary range.
    """

    prod_nbr: int
    name: str
    alias: str
    brand: str
    flavour: str
    family: Family
    pack_grams: int
    product_type: ProductType
    price: float
    lines_per_1000: float


BRAND_OF_ALIAS = {
    "LARKMOOR": "Larkmoor",
    "LRKMR": "Larkmoor",
    "DUNMARSH": "Dunmarsh",
    "DUNMRSH": "Dunmarsh",
    "FENNICKS": "Fennicks",
    "FENNICK": "Fennicks",
    "COPPER HOLLOW": "Copper Hollow",
    "CHW": "Copper Hollow",
    "BRAMBLE QUAY": "Bramble Quay",
    "BRMBL": "Bramble Quay",
    "AMBER WOLD": "Amber Wold",
    "AMBRWLD": "Amber Wold",
    "OTTERMILL": "Ottermill",
    "OM": "Ottermill",
    "TAVORO": "Tavoro",
    "QUILLOW": "Quillow",
    "ZEBBINS": "Zebbins",
    "PIPPERTON": "Pipperton",
    "MARROWBY": "Marrowby",
}

# name, flavour, family, grams, type, price, lines per 1000
_PRODUCT_ROWS: tuple[tuple[str, str, Family, int, ProductType, float, int], ...] = (
    ("Larkmoor Hny Mstrd  Chckn 175g", "Honey Mustard Chicken", "Chicken", 175, "chips", 5.40, 70),
    ("Larkmoor Slt & Malt Vingar 165g", "Salt & Malt Vinegar", "Salt & Vinegar", 165, "chips", 4.20, 18),
    ("Larkmoor 150g Smokd Cheddr", "Smoked Cheddar", "Cheese", 150, "chips", 4.20, 30),
    ("Lrkmr Jlpno & Lime  175g", "Jalapeno & Lime", "Chilli", 175, "chips", 5.40, 22),
    ("Larkmoor Original   210G", "Original", "Original", 210, "chips", 4.60, 18),
    ("Dunmarsh Corn Chips Ranch Chs 270g", "Ranch Cheese", "Cheese", 270, "chips", 4.60, 26),
    ("Dunmrsh Corn Chip   Flame Chlli 380g", "Flame Chilli", "Chilli", 380, "chips", 6.50, 42),
    ("Dunmarsh Corn Chips SeaSalt150g", "Sea Salt", "Salt", 150, "chips", 4.40, 30),
    ("Dunmarsh Corn Chips Tangy BBQ 270g", "Tangy BBQ", "Barbecue", 270, "chips", 4.60, 18),
    ("Dunmarsh Salsa      Zesty Lime 300g", "Salsa Zesty Lime", "Tomato & Salsa", 300, "dip", 2.60, 10),
    ("Fennicks Crinkle CutSr/Cream&Chives 175g", "Sour Cream & Chives", "Sour Cream", 175, "chips", 3.00, 24),
    ("Fennick Crinkle Cut Salsa Verde 150g", "Salsa Verde", "Tomato & Salsa", 150, "chips", 2.60, 24),
    ("Fennicks Thinly Cut Smokd Chckn175g", "Smoked Chicken", "Chicken", 175, "chips", 3.00, 20),
    ("Fennick Crinkle Cut Chs&Spr Onion 165g", "Cheese & Spring Onion", "Cheese & Onion", 165, "chips", 2.90, 14),
    ("Fennicks Crinkle    Slt&Vinegr 270g", "Salt & Vinegar", "Salt & Vinegar", 270, "chips", 5.70, 40),
    ("CHW Steak & Mstrd   165g", "Steak & Mustard", "Meat & Savoury", 165, "chips", 3.00, 20),
    ("Copper Hollow Roast Lamb Gravy 165g", "Roast Lamb Gravy", "Meat & Savoury", 165, "chips", 3.00, 18),
    ("CHW Goats Chs & Fig 150g", "Goats Cheese & Fig", "Cheese", 150, "chips", 2.70, 28),
    ("CHW D/Style Chip    Apple Barbeque 165g", "Apple BBQ", "Barbecue", 165, "chips", 3.00, 16),
    ("Bramble Quay Popd   S/Cream&Pepper 110g", "Sour Cream & Pepper", "Sour Cream", 110, "chips", 3.80, 28),
    ("Brmbl Popd Btroot   & Dill 110g", "Beetroot & Dill", "Vegetable & Herb", 110, "chips", 3.80, 16),
    ("Bramble Quay Popd   Pink Slt110g", "Pink Salt", "Salt", 110, "chips", 3.80, 18),
    ("Amber Wold Whlgrn   Cheddr&Pckle 210G", "Cheddar & Pickle", "Cheese", 210, "chips", 3.60, 28),
    ("AmbrWld Swt Chlli   & Mango 210g", "Sweet Chilli & Mango", "Chilli", 210, "chips", 3.60, 26),
    ("OM Stacked Chips    Orgnl 165g", "Original", "Original", 165, "chips", 1.90, 20),
    ("OM Crinkle Cut      Mango Salsa 175g", "Mango Salsa", "Tomato & Salsa", 175, "chips", 1.70, 18),
    ("Ottermill Salsa     Garlic&Tmato Ht300g", "Salsa Garlic & Tomato Hot", "Tomato & Salsa", 300, "dip", 1.50, 12),
    ("Ottermill Cheese    Puffs 70g", "Cheese", "Cheese", 70, "chips", 1.70, 14),
    ("Tavoro Tortilla ChpsBasil&Pmpkn 150g", "Basil & Pumpkin", "Vegetable & Herb", 150, "chips", 4.60, 28),
    ("Tavoro Salsa Dip    Roast Tmato Med 300g", "Salsa Roast Tomato Medium", "Tomato & Salsa", 300, "dip", 5.10, 24),
    ("Tavoro Salsa Dip    Charrd Tom Mild 300g", "Salsa Charred Tomato Mild", "Tomato & Salsa", 300, "dip", 5.10, 24),
    ("Quillow Sthrn BBQ   120g", "Southern BBQ", "Barbecue", 120, "chips", 3.70, 24),
    ("Quillow SourCream   Garlic 120g", "Sour Cream Garlic", "Sour Cream", 120, "chips", 3.80, 50),
    ("Quillow Crisps 165g", "", "None", 165, "chips", 3.70, 18),
    ("Quillow Chs&Onion   120g", "Cheese & Onion", "Cheese & Onion", 120, "chips", 3.70, 20),
    ("Zebbins Bacon Rings 70g", "Bacon", "Meat & Savoury", 70, "chips", 2.30, 14),
    ("Zebbins Chs Balls   70g", "Cheese", "Cheese", 70, "chips", 2.40, 12),
    ("Pipperton Popd      Pea & Mint 110g", "Pea & Mint", "Vegetable & Herb", 110, "chips", 3.80, 16),
    ("Pipperton Popd      Thai Chlli110g", "Thai Chilli", "Chilli", 110, "chips", 3.80, 18),
    ("Marrowby Chips      Smokd Ham 175g", "Smoked Ham", "Meat & Savoury", 175, "chips", 3.30, 22),
    ("Marrowby Chips Slt &Cider Vinegr 175g", "Salt & Cider Vinegar", "Salt & Vinegar", 175, "chips", 3.00, 42),
    ("Marrowby Chips      Tmato Relish 175g", "Tomato Relish", "Tomato & Salsa", 175, "chips", 3.30, 20),
)


def _alias_of(name: str) -> str:
    """The alias whose words lead the product name."""
    return next(alias for alias in BRAND_OF_ALIAS if f"{name} ".upper().startswith(f"{alias} "))


PRODUCTS = tuple(
    Product(number, row[0], alias := _alias_of(row[0]), BRAND_OF_ALIAS[alias], *row[1:])
    for number, row in enumerate(_PRODUCT_ROWS, start=1)
)

# What a wider range adds: every brand in every flavour, size and style that follows.
_MORE_STYLES = ("Chips", "Crinkle", "Thinly", "Popd", "Corn", "Stacked")
_MORE_SIZES = (175, 150, 110, 210, 165, 120, 270, 70, 380)
_MORE_FLAVOURS: tuple[tuple[str, str, Family], ...] = (
    ("Original", "Original", "Original"),
    ("SeaSalt", "Sea Salt", "Salt"),
    ("Pink Slt", "Pink Salt", "Salt"),
    ("Slt&Vinegr", "Salt & Vinegar", "Salt & Vinegar"),
    ("Apple Barbeque", "Apple BBQ", "Barbecue"),
    ("Smokd Cheddr", "Smoked Cheddar", "Cheese"),
    ("Goats Chs & Fig", "Goats Cheese & Fig", "Cheese"),
    ("Cheddr&Pckle", "Cheddar & Pickle", "Cheese"),
    ("Chs&Onion", "Cheese & Onion", "Cheese & Onion"),
    ("Chs&Spr Onion", "Cheese & Spring Onion", "Cheese & Onion"),
    ("Sr/Cream&Chives", "Sour Cream & Chives", "Sour Cream"),
    ("S/Cream&Pepper", "Sour Cream & Pepper", "Sour Cream"),
    ("Smokd Chckn", "Smoked Chicken", "Chicken"),
    ("Hny Mstrd Chckn", "Honey Mustard Chicken", "Chicken"),
    ("Tangy BBQ", "Tangy BBQ", "Barbecue"),
    ("Sthrn BBQ", "Southern BBQ", "Barbecue"),
    ("Flame Chlli", "Flame Chilli", "Chilli"),
    ("Thai Chlli", "Thai Chilli", "Chilli"),
    ("Jlpno & Lime", "Jalapeno & Lime", "Chilli"),
    ("Tmato Relish", "Tomato Relish", "Tomato & Salsa"),
    ("Btroot & Dill", "Beetroot & Dill", "Vegetable & Herb"),
    ("Pea & Mint", "Pea & Mint", "Vegetable & Herb"),
    ("Steak & Mstrd", "Steak & Mustard", "Meat & Savoury"),
    ("Smokd Ham", "Smoked Ham", "Meat & Savoury"),
)


def product_range(n_products: int) -> tuple[Product, ...]:
    """The ordinary range and as many further products as are wanted.

    Further products sell less than any ordinary one, and less the later they come.

    Args:
        n_products: Number of products, at least the 42 of the ordinary range.

    Raises:
        ValueError: If there are fewer, or more than the brands have flavours, sizes and styles for.
    """
    if n_products < len(PRODUCTS):
        raise ValueError(f"products must be at least {len(PRODUCTS)}, not {n_products}")
    known = {product.name for product in PRODUCTS}
    brands = [
        (brand, min((alias for alias, of in BRAND_OF_ALIAS.items() if of == brand), key=len))
        for brand in dict.fromkeys(BRAND_OF_ALIAS.values())
    ]
    combinations = (
        (f"{f'{alias.title()} {style}':<20}{words} {grams}g", alias, brand, flavour, family, grams)
        for style, grams, (words, flavour, family), (brand, alias) in cross_product(
            _MORE_STYLES, _MORE_SIZES, _MORE_FLAVOURS, brands
        )
    )
    new = islice((row for row in combinations if row[0] not in known), n_products - len(PRODUCTS))
    added = tuple(
        Product(
            prod_nbr=len(PRODUCTS) + number,
            name=name,
            alias=alias,
            brand=brand,
            flavour=flavour,
            family=family,
            pack_grams=grams,
            product_type="chips",
            price=(10 + grams // 10 + number % 5) / 10,
            lines_per_1000=160 / (19 + number),
        )
        for number, (name, alias, brand, flavour, family, grams) in enumerate(new, start=1)
    )
    if len(PRODUCTS) + len(added) < n_products:
        raise ValueError(f"products must be at most {len(PRODUCTS) + len(added)}, not {n_products}")
    return PRODUCTS + added


TOP_PRODUCTS = (1, 7, 15)
"""PROD_NBR of the three products that earn most, best first; each is expected to earn over 10 % more than the next."""


# Segments ------------------------------------------------------------------------------------------------------

Group = Literal["Core", "Potential", "Occasional"]


@dataclass(frozen=True)
class Segment:
    """One life stage x tier.

    Attributes:
        life_stage: LIFESTAGE.
        tier: PREMIUM_CUSTOMER.
        group: The planted cluster. Core: many cards that spend most each. Potential: more cards, which spend
            little each. Occasional: few cards.
        cards_per_1000: Share of all cards, in thousandths.
        transactions_per_card: Mean number of transactions of a card in the year.
    """

    life_stage: str
    tier: Literal["Budget", "Mainstream", "Premium"]
    group: Group
    cards_per_1000: int
    transactions_per_card: float


SEGMENTS = (
    Segment("OLDER FAMILIES", "Budget", "Core", 70, 6.1),
    Segment("OLDER FAMILIES", "Premium", "Core", 64, 6.0),
    Segment("YOUNG FAMILIES", "Budget", "Core", 66, 6.0),
    Segment("YOUNG FAMILIES", "Mainstream", "Core", 62, 6.1),
    Segment("YOUNG SINGLES/COUPLES", "Mainstream", "Potential", 94, 2.9),
    Segment("RETIREES", "Mainstream", "Potential", 82, 2.9),
    Segment("RETIREES", "Budget", "Potential", 78, 2.8),
    Segment("OLDER SINGLES/COUPLES", "Budget", "Potential", 80, 3.0),
    Segment("OLDER SINGLES/COUPLES", "Mainstream", "Potential", 82, 2.9),
    Segment("OLDER SINGLES/COUPLES", "Premium", "Potential", 80, 2.9),
    Segment("MIDAGE SINGLES/COUPLES", "Mainstream", "Potential", 76, 2.9),
    Segment("OLDER FAMILIES", "Mainstream", "Occasional", 17, 2.7),
    Segment("YOUNG FAMILIES", "Premium", "Occasional", 16, 2.7),
    Segment("RETIREES", "Premium", "Occasional", 17, 2.6),
    Segment("MIDAGE SINGLES/COUPLES", "Budget", "Occasional", 18, 2.6),
    Segment("MIDAGE SINGLES/COUPLES", "Premium", "Occasional", 16, 2.6),
    Segment("YOUNG SINGLES/COUPLES", "Budget", "Occasional", 18, 2.5),
    Segment("YOUNG SINGLES/COUPLES", "Premium", "Occasional", 17, 2.5),
    Segment("NEW FAMILIES", "Budget", "Occasional", 16, 2.6),
    Segment("NEW FAMILIES", "Mainstream", "Occasional", 16, 2.6),
    Segment("NEW FAMILIES", "Premium", "Occasional", 15, 2.5),
)

MAX_TRANSACTIONS = 15
"""No card makes more transactions than this, where the number of cards follows from the lines."""

TRANSACTION_ROWS = (9940, 55, 5)
"""Of 10,000 transactions so many have one, two and three rows."""

QUANTITIES = (1040, 8910, 17, 16, 17)
"""Of 10,000 rows so many have PROD_QTY 1, 2, 3, 4 and 5."""


# Effects -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Affinity:
    """A preference of some segments; all else about what they buy is as usual.

    A brand takes its extra share from all other brands in proportion. A pack size takes it from the other sizes of
    the same brand, so that the shares of the brands stay as they are.

    Attributes:
        life_stage: LIFESTAGE that has the preference; None for all.
        tier: PREMIUM_CUSTOMER that has the preference.
        attribute: The field of a product that is preferred.
        value: The preferred brand, or pack size in grams.
        index: Share of the segment's lines / usual share of lines.
    """

    life_stage: str | None
    tier: str
    attribute: Literal["brand", "pack_grams"]
    value: str | int
    index: float

    def applies_to(self, segment: Segment) -> bool:
        """Whether the segment has the preference."""
        return self.tier == segment.tier and self.life_stage in (None, segment.life_stage)


AFFINITIES = (
    Affinity("YOUNG SINGLES/COUPLES", "Mainstream", "brand", "Dunmarsh", 2.0),
    Affinity("OLDER FAMILIES", "Budget", "brand", "Fennicks", 1.8),
    Affinity(None, "Premium", "pack_grams", 150, 1.6),
)


@dataclass(frozen=True)
class Promotion:
    """A product at a lower price on some days.

    Attributes:
        prod_nbr: The product.
        discount_percent: Off the list price, on every line of the product on these days.
        uplift: Purchase rate on these days / usual purchase rate.
        windows: First and last day of each run of days.
    """

    prod_nbr: int
    discount_percent: int
    uplift: float
    windows: tuple[tuple[date, date], ...]

    def includes(self, day: date) -> bool:
        """Whether the promotion runs on the day."""
        return any(first <= day <= last for first, last in self.windows)


PROMOTIONS = (
    Promotion(33, 50, 2.5, ((date(2018, 8, 14), date(2018, 8, 20)), (date(2019, 5, 14), date(2019, 5, 20)))),
    Promotion(41, 30, 1.8, ((date(2018, 11, 9), date(2018, 11, 18)),)),
)


@dataclass(frozen=True)
class Seasonality:
    """How the purchase rate of all products changes over the year.

    Attributes:
        weekend: Factor on Saturdays and Sundays.
        christmas: Factor in the week before Christmas.
        christmas_week: First and last day of that week.
    """

    weekend: float
    christmas: float
    christmas_week: tuple[date, date]

    def factor(self, day: date) -> float:
        """Purchase rate on the day / usual purchase rate."""
        first, last = self.christmas_week
        return (self.weekend if day.isoweekday() >= 6 else 1.0) * (self.christmas if first <= day <= last else 1.0)


SEASONALITY = Seasonality(1.2, 1.3, (date(2018, 12, 18), date(2018, 12, 24)))


# Stores and quirks ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartYearStore:
    """A store that does not trade all year.

    Attributes:
        store_nbr: STORE_NBR.
        first_day: First day of trade.
        last_day: Last day of trade.
        size: Share of the cards, in the unit of ``STORE_SIZES``.
    """

    store_nbr: int
    first_day: date
    last_day: date
    size: int


PART_YEAR_STORES = (
    PartYearStore(307, date(2019, 2, 1), date(2019, 3, 31), 1),
    PartYearStore(313, date(2018, 7, 1), date(2019, 5, 31), 10),
)
FIRST_STORE = 301
"""The public file has stores 1 to 272: no card number here is one of its."""
MIN_STORES = 20
MAX_CARDS_PER_STORE = 400
"""On average; a card number has three digits after the store's, and some numbers stay free."""
STORE_SIZES = (20, 26, 14)
"""Share of the cards of one store after the other, over and over."""

BULK_QUANTITY = 200
BULK_DAYS = (date(2018, 8, 17), date(2019, 5, 16))
BULK_SEGMENT = ("OLDER FAMILIES", "Mainstream")
SHORT_PAID = ((2, 1), (2, 1), (2, 1), (4, 2), (5, 2))
"""PROD_QTY and number of units paid of the odd rows of other products in the weeks of the first promotion."""
TWO_DATE_TRANSACTIONS = 2
TWO_CARD_TRANSACTIONS = 2
MISNUMBERED_CARDS = 4
HIGH_CARDS = 3
FIRST_HIGH_CARD = 2_000_000


# Results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Quirks:
    """Where the warts of one sample are.

    Attributes:
        bulk_card: The card of the two lines of 200 packs; it has no other lines.
        bulk_txn_ids: Their TXN_IDs.
        duplicate_txn_id: The transaction whose only row is there twice.
        two_date_txn_ids: TXN_IDs that two purchases of one card on two dates share.
        two_card_txn_ids: TXN_IDs that purchases of two cards on two dates share.
        second_store_card: The card that bought in a second store, once.
        second_store_txn_id: The TXN_ID of that purchase, far beyond all others.
        misnumbered_cards: Cards whose thousands are a store in which they never bought.
        high_cards: Cards with numbers of 2,000,000 and up.
        short_paid_txn_ids: Transactions in which fewer units are paid than bought.
    """

    bulk_card: int
    bulk_txn_ids: tuple[int, ...]
    duplicate_txn_id: int
    two_date_txn_ids: tuple[int, ...]
    two_card_txn_ids: tuple[int, ...]
    second_store_card: int
    second_store_txn_id: int
    misnumbered_cards: tuple[int, ...]
    high_cards: tuple[int, ...]
    short_paid_txn_ids: tuple[int, ...]


@dataclass(frozen=True)
class ChipsTruth:
    """What was planted, for tests of the pipeline that reads the files.

    Attributes:
        products: All products, by PROD_NBR.
        aliases: Leading words of names, in upper case, each with the full name of the brand.
        top_products: PROD_NBR of the three products that earn most, best first.
        expected_sales: Expected share of each product in all sales, by PROD_NBR, without the bulk lines.
        segments: All 21 segments with their planted group.
        affinities: Who prefers what.
        promotions: When what was cheaper, and how many more were bought.
        seasonality: How the purchase rate changes over the year.
        part_year_stores: Stores that do not trade all year.
        quirks: Where the warts are.
    """

    products: tuple[Product, ...]
    aliases: tuple[tuple[str, str], ...]
    top_products: tuple[int, ...]
    expected_sales: tuple[float, ...]
    segments: tuple[Segment, ...]
    affinities: tuple[Affinity, ...]
    promotions: tuple[Promotion, ...]
    seasonality: Seasonality
    part_year_stores: tuple[PartYearStore, ...]
    quirks: Quirks


@dataclass(frozen=True)
class ChipsSample:
    """One synthetic data set.

    Attributes:
        transactions: The columns of ``transaction_data.csv`` in their order, sorted by card; PROD_NAME is
            categorical, TOT_SALES a float, all others are integers.
        customers: The columns of ``purchase_behaviour.csv``, one row per card of the transactions, sorted by card.
        truth: What was planted.
    """

    transactions: pd.DataFrame
    customers: pd.DataFrame
    truth: ChipsTruth


def synthesize_chips(
    lines: int = DEFAULT_LINES, seed: int = DEFAULT_SEED, customers: int | None = None, products: int = len(PRODUCTS)
) -> ChipsSample:
    """Draw a data set in memory.

    Args:
        lines: Rows of the transactions, quirks included; stores, and cards if their number is not given, grow with it.
        seed: Seed of the random generator, 0 or more.
        customers: About so many cards, which then buy more or less often; None for cards as busy as ``SEGMENTS`` says.
        products: Products of the range.

    Raises:
        ValueError: If a number is out of range.
    """
    blocks = list(_draw_blocks(lines, seed, customers, product_range(products)))
    return ChipsSample(
        transactions=pd.concat([block.transactions for block in blocks], ignore_index=True),
        customers=pd.concat([block.customers for block in blocks], ignore_index=True),
        truth=_truth(product_range(products), blocks[-1]),
    )


def write_chips(
    out: Path | str,
    lines: int = DEFAULT_LINES,
    seed: int = DEFAULT_SEED,
    customers: int | None = None,
    products: int = len(PRODUCTS),
    parquet: bool = False,
) -> ChipsTruth:
    """Draw a data set and write its two files into ``<out>/chips``, which is made if it is not there.

    A file, CSV or Parquet, appears only when it is complete; only those of the committed sample are replaced. The
    memory that this takes does not grow with the number of lines.

    Raises:
        ValueError: If a number is out of range.
        OSError: If a file can't be written.
    """
    range_ = product_range(products)
    blocks = _draw_blocks(lines, seed, customers, range_)
    folder = Path(out) / "chips"
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        write_transactions, write_customers = (
            stack.enter_context(open_table(folder / name, line_end, parquet=parquet))
            for name, line_end in (("transaction_data.csv", "\n"), ("purchase_behaviour.csv", "\r\n"))
        )
        for block in blocks:
            write_transactions(block.transactions)
            write_customers(block.customers)
    return _truth(range_, block)


@dataclass(frozen=True)
class _Block:
    """Some stores with their cards.

    Attributes:
        transactions: As in ``ChipsSample``.
        customers: As in ``ChipsSample``.
        quirks: The quirks; they are in the last block.
    """

    transactions: pd.DataFrame
    customers: pd.DataFrame
    quirks: Quirks | None


def _draw_blocks(lines: int, seed: int, customers: int | None, products: Sequence[Product]) -> Iterator[_Block]:
    """Check the numbers and draw one block after the other, as ``synthesize_chips`` describes them."""
    require_size("lines", lines, MIN_LINES)
    activity = 1.0
    if customers is not None:
        require_size("customers", customers, MIN_CUSTOMERS)
        fewest, most = LINES_PER_CUSTOMER
        if not fewest <= lines / customers <= most:
            raise ValueError(
                f"lines must be {fewest} to {most} times as many as customers, not {lines / customers:.3g}"
            )
        activity = lines / (customers * _lines_per_card())
    generators = [generator(seed, number) for number in range(ceil(lines / BLOCK_LINES))]
    return _blocks(generators, lines, activity, products)


def _blocks(
    generators: Sequence[np.random.Generator], lines: int, activity: float, products: Sequence[Product]
) -> Iterator[_Block]:
    lines -= len(BULK_DAYS) + 1  # the bulk lines and the duplicate come on top
    bulk_segment = next(i for i, s in enumerate(SEGMENTS) if (s.life_stage, s.tier) == BULK_SEGMENT)
    last_store, last_txn_id = FIRST_STORE - 1, 0
    for number, rng in enumerate(generators):
        wanted = lines * (number + 1) // len(generators) - lines * number // len(generators)
        segment, transaction_card, transaction_rows = _draw_transactions(rng, wanted, activity)
        store = _stores(len(segment), last_store + 1)
        card = _card_numbers(rng, store)
        purchases = _draw_purchases(
            rng, segment, store, card, transaction_card, transaction_rows, last_txn_id, products
        )
        last_store, last_txn_id = int(store[-1]), int(purchases["txn_id"].iat[-1])
        quirks = None
        if number == len(generators) - 1:
            purchases, quirks = _add_quirks(rng, purchases, _prices(products))
        yield _Block(
            transactions=_transactions_frame(purchases, products),
            customers=_customers_frame(purchases, np.append(segment, bulk_segment)),
            quirks=quirks,
        )


def _truth(products: tuple[Product, ...], last_block: _Block) -> ChipsTruth:
    return ChipsTruth(
        products=products,
        aliases=tuple(BRAND_OF_ALIAS.items()),
        top_products=TOP_PRODUCTS,
        expected_sales=_expected_sales(products),
        segments=SEGMENTS,
        affinities=AFFINITIES,
        promotions=PROMOTIONS,
        seasonality=SEASONALITY,
        part_year_stores=PART_YEAR_STORES,
        quirks=last_block.quirks,
    )


# Rates ---------------------------------------------------------------------------------------------------------


def _total(values: ArrayLike) -> float:
    """Sum that does not depend on how a machine groups the additions."""
    return fsum(np.asarray(values, dtype=float).ravel().tolist())


def _boost(mix: Floats, chosen: Mask, pool: Mask, index: float) -> Floats:
    """Multiply the chosen products of a pool by an index and shrink the pool's others, so that its sum stays."""
    inside, total = _total(mix[chosen & pool]), _total(mix[pool])
    if inside in (0.0, total):
        return mix
    factor = np.where(chosen, index, (total - index * inside) / (total - inside))
    return np.where(pool, mix * factor, mix)


def _mix(segment: Segment, products: Sequence[Product]) -> Floats:
    """Share of each product in the lines of a segment outside promotions, shape (n_products,)."""
    mix = np.array([product.lines_per_1000 for product in products]) / fsum(p.lines_per_1000 for p in products)
    brands = np.array([product.brand for product in products])
    for affinity in AFFINITIES:
        if affinity.applies_to(segment):
            chosen = np.array([getattr(product, affinity.attribute) == affinity.value for product in products])
            whole = [np.full(len(products), True)]
            by_brand = [brands == brand for brand in dict.fromkeys(brands)]
            for pool in whole if affinity.attribute == "brand" else by_brand:
                mix = _boost(mix, chosen, pool, affinity.index)
    return mix


def _mixes(products: Sequence[Product]) -> Floats:
    """Purchase rates on an ordinary day and in each promotion, shape (n_segments, 1 + n_promotions, n_products)."""
    uplifts = np.ones((1 + len(PROMOTIONS), len(products)))
    for regime, promotion in enumerate(PROMOTIONS, start=1):
        uplifts[regime, promotion.prod_nbr - 1] = promotion.uplift
    return np.stack([_mix(segment, products) for segment in SEGMENTS])[:, None, :] * uplifts


def _regimes() -> Integers:
    """Number of the promotion that runs on each day, from 1 on, or 0; shape (n_days,)."""
    return np.array([next((n for n, p in enumerate(PROMOTIONS, start=1) if p.includes(day)), 0) for day in DAYS])


def _day_rates(mixes: Floats) -> Floats:
    """Purchases of a segment on each day, over all products, shape (n_segments, n_days)."""
    rates = np.array([[_total(mix) for mix in regimes] for regimes in mixes])
    return rates[:, _regimes()] * np.array([SEASONALITY.factor(day) for day in DAYS])


def _prices(products: Sequence[Product]) -> Integers:
    """Price in 10-cent units on an ordinary day and in each promotion, shape (1 + n_promotions, n_products)."""
    prices = np.tile([round(product.price * 10) for product in products], (1 + len(PROMOTIONS), 1))
    for regime, promotion in enumerate(PROMOTIONS, start=1):
        column = promotion.prod_nbr - 1
        prices[regime, column] = prices[0, column] * (100 - promotion.discount_percent) // 100
    return prices


def _expected_sales(products: Sequence[Product]) -> tuple[float, ...]:
    """Expected share of each product in all sales."""
    mixes, regimes = _mixes(products), _regimes()
    sales = np.zeros(len(products))
    for segment, rates, days in zip(SEGMENTS, mixes, _day_rates(mixes), strict=True):
        lines = segment.cards_per_1000 * segment.transactions_per_card
        for regime, price in enumerate(_prices(products)):
            share = _total(days[regimes == regime]) / _total(days)
            sales += lines * share * rates[regime] / _total(rates[regime]) * price
    return tuple((sales / _total(sales)).tolist())


def _transaction_counts(mean: float, most: int) -> Floats:
    """Probabilities of 1 to ``most`` transactions, with a given mean.

    One transaction and a Poisson number of others, whose rate is gamma distributed (shape 2) over the cards: a
    negative binomial number, cut off at the end. Its parameter is found by bisection.
    """
    low, high = 0.0, 1.0
    for _ in range(60):
        q = (low + high) / 2
        powers = accumulate(repeat(q, most - 1), mul, initial=1.0)
        weights = [(n + 1) * power for n, power in enumerate(powers)]
        too_low = fsum((n + 1) * weight for n, weight in enumerate(weights)) < mean * fsum(weights)
        low, high = (q, high) if too_low else (low, q)
    return np.array(weights) / fsum(weights)


def _transactions_per_card() -> float:
    """Mean over all cards."""
    return fsum(s.cards_per_1000 * s.transactions_per_card for s in SEGMENTS) / sum(s.cards_per_1000 for s in SEGMENTS)


def _lines_per_card() -> float:
    """Mean over all cards."""
    rows = fsum(n * weight for n, weight in enumerate(TRANSACTION_ROWS, start=1)) / sum(TRANSACTION_ROWS)
    return rows * _transactions_per_card()


# Draws ---------------------------------------------------------------------------------------------------------


def _draw_transactions(rng: np.random.Generator, lines: int, activity: float) -> tuple[Integers, Integers, Integers]:
    """Draw cards until their transactions have the wanted number of rows.

    Args:
        rng: Random generator.
        lines: Number of rows.
        activity: Transactions of a card / those that ``SEGMENTS`` states.

    Returns:
        The segment of each card, shape (n_cards,), the card and the number of rows of each transaction, both of
        shape (n_transactions,). Cards and segments are numbered from 0 on; cards are in ascending order.
    """
    n_drawn = ceil(1.2 * lines / (_transactions_per_card() * activity))  # a fifth more than needed
    segment = draw(rng, [[segment.cards_per_1000 for segment in SEGMENTS]], same(n_drawn))
    most = round(MAX_TRANSACTIONS * activity)
    counts = [_transaction_counts(s.transactions_per_card * activity, most) for s in SEGMENTS]
    card = np.repeat(np.arange(n_drawn), 1 + draw(rng, counts, segment))
    rows = 1 + draw(rng, [TRANSACTION_ROWS], same(len(card)))
    total = np.cumsum(rows)
    n_kept = int(np.searchsorted(total, lines)) + 1
    card, rows = card[:n_kept], rows[:n_kept]
    rows[-1] -= total[n_kept - 1] - lines
    return segment[: card[-1] + 1], card, rows


def _stores(n_cards: int, first_store: int) -> Integers:
    """STORE_NBR of each card, ascending from the first store's on, shape (n_cards,)."""
    n_stores = max(MIN_STORES, ceil(n_cards / MAX_CARDS_PER_STORE))
    sizes = np.resize(STORE_SIZES, n_stores)
    if first_store == FIRST_STORE:
        for part_year in PART_YEAR_STORES:
            sizes[part_year.store_nbr - FIRST_STORE] = part_year.size
    ends = n_cards * np.cumsum(sizes) // sizes.sum()
    return first_store + np.searchsorted(ends, np.arange(n_cards), side="right")


def _card_numbers(rng: np.random.Generator, store: Integers) -> Integers:
    """LYLTY_CARD_NBR of each card: the store's number, then three digits that leave gaps; shape (n_cards,)."""
    number = np.cumsum(1 + (rng.random(len(store)) < 0.3))
    first = np.searchsorted(store, store)  # the first card of the same store
    return 1000 * store + number - number[first]


_TYPES = {
    "owner": np.int32,
    "store": np.int32,
    "card": np.int32,
    "txn_id": np.int64,
    "day": np.int32,
    "product": np.int32,
    "quantity": np.int32,
    "total": np.int32,
}
"""Columns of the purchases. A TXN_ID that is far beyond all others needs 64 bits."""


def _draw_purchases(
    rng: np.random.Generator,
    segment: Integers,
    store: Integers,
    card: Integers,
    transaction_card: Integers,
    transaction_rows: Integers,
    last_txn_id: int,
    products: Sequence[Product],
) -> pd.DataFrame:
    """Draw day, product and quantity of every row.

    Args:
        rng: Random generator.
        segment: Segment of each card, shape (n_cards,).
        store: STORE_NBR of each card, ascending, shape (n_cards,).
        card: LYLTY_CARD_NBR of each card, shape (n_cards,).
        transaction_card: Card (from 0 on) of each transaction, ascending, shape (n_transactions,).
        transaction_rows: Rows of each transaction, shape (n_transactions,).
        last_txn_id: Last TXN_ID of the stores before these, 0 if there are none.
        products: The range.

    Returns:
        One row per purchase in the order of cards and days, with the columns owner (card from 0 on), store, card,
        txn_id, day (from 0 on), product (from 0 on), quantity and total (in 10-cent units).
    """
    mixes = _mixes(products)
    days = np.array(DAYS, dtype="datetime64[D]")
    calendars = [np.full(len(DAYS), True)]
    calendar = same(len(card))
    for number, part_year in enumerate(PART_YEAR_STORES, start=1):
        calendars.append((np.datetime64(part_year.first_day) <= days) & (days <= np.datetime64(part_year.last_day)))
        calendar[store == part_year.store_nbr] = number
    rates = (_day_rates(mixes)[:, None, :] * np.array(calendars)).reshape(-1, len(DAYS))
    day = draw(rng, rates, (segment * len(calendars) + calendar)[transaction_card])
    # The days of a card in ascending order; the cards already are.
    day = np.sort(transaction_card * len(DAYS) + day) % len(DAYS)

    # Numbers run on over the stores; some are left out, and a few more before the next store.
    steps = 1 + (rng.random(len(day)) < 0.02)
    transaction_store = store[transaction_card]
    steps[1:][transaction_store[1:] != transaction_store[:-1]] = 10
    steps[0] = 10 if last_txn_id else steps[0]
    txn_id = last_txn_id + np.cumsum(steps)

    transaction = np.repeat(np.arange(len(day)), transaction_rows)
    owner, day = transaction_card[transaction], day[transaction]
    regime = _regimes()[day]
    mix = segment[owner] * mixes.shape[1] + regime
    product = _draw_products(rng, mixes.reshape(-1, len(products)), mix, transaction)
    quantity = 1 + draw(rng, [QUANTITIES], same(len(day)))
    columns = {
        "owner": owner,
        "store": store[owner],
        "card": card[owner],
        "txn_id": txn_id[transaction],
        "day": day,
        "product": product,
        "quantity": quantity,
        "total": quantity * _prices(products)[regime, product],
    }
    return pd.DataFrame(columns).astype(_TYPES)


def _draw_products(rng: np.random.Generator, mixes: Floats, row: Integers, transaction: Integers) -> Integers:
    """Draw a product (from 0 on) for every row, no product twice in a transaction.

    Args:
        rng: Random generator.
        mixes: Purchase rates, shape (n_mixes, n_products).
        row: Row of ``mixes`` to draw from, shape (n,).
        transaction: Transaction of each row, ascending, shape (n,).
    """
    product = draw(rng, mixes, row)
    while True:
        again = np.full(len(product), False)
        for lag in range(1, len(TRANSACTION_ROWS)):
            same_transaction = transaction[lag:] == transaction[:-lag]
            again[lag:] |= same_transaction & (product[lag:] == product[:-lag])
        if not again.any():
            return product
        product[again] = draw(rng, mixes, row[again])


# Quirks --------------------------------------------------------------------------------------------------------


class _Rows:
    """The drawn purchases, in which quirks are planted: each in cards that have no other quirk.

    The masks tell of each row, as it was drawn, whether it is the ``alone`` one of its transaction, whether the next
    row has the ``same_card``, and whether the two are a ``pair`` of transactions of one row on two dates. The prices
    are those of ``_prices``.
    """

    def __init__(self, rng: np.random.Generator, purchases: pd.DataFrame, prices: Integers) -> None:
        self._rng = rng
        self.prices = prices
        self.table = purchases
        self.drawn = purchases.copy()
        self.same_card = _equals_next(purchases["owner"])
        self.same_store = _equals_next(purchases["store"])
        is_last = ~_equals_next(purchases["txn_id"])
        self.alone = is_last & np.append(True, is_last[:-1])
        self.pair = self.alone & np.append(self.alone[1:], False) & ~_equals_next(purchases["day"])
        self._free = np.full(len(purchases), True)

    def pick(self, eligible: Mask, n_rows: int = 1) -> int:
        """Draw a row, and reserve its card and those of the following ``n_rows - 1``.

        Args:
            eligible: Which rows can be drawn, shape (n,).
            n_rows: Number of neighbouring rows that the quirk changes.
        """
        free = eligible & self._free
        for lag in range(1, n_rows):
            free[:-lag] &= self._free[lag:]
        candidates = np.flatnonzero(free)
        row = int(candidates[int(self._rng.random() * len(candidates))])
        owner = self.drawn["owner"].to_numpy()
        self._free &= ~np.isin(owner, owner[row : row + n_rows])
        return row

    def get(self, row: int, column: str) -> int:
        """A value as it was drawn."""
        return int(self.drawn[column].iat[row])

    def set(self, row: int, **values: int) -> None:
        """Change values of a row."""
        for column, value in values.items():
            self.table.iat[row, self.table.columns.get_loc(column)] = value


def _add_quirks(rng: np.random.Generator, purchases: pd.DataFrame, prices: Integers) -> tuple[pd.DataFrame, Quirks]:
    """Plant the quirks of single rows and cards.

    Args:
        rng: Random generator.
        purchases: As drawn, with the last store; it is changed.
        prices: As ``_prices`` gives them.

    Returns:
        The purchases with the duplicate and the bulk lines, sorted by card, and where the quirks are.
    """
    rows = _Rows(rng, purchases, prices)
    last_store = int(purchases["store"].iat[-1])
    two_date = [_join_transactions(rows, rows.same_card) for _ in range(TWO_DATE_TRANSACTIONS)]
    two_card = [_join_transactions(rows, ~rows.same_card & rows.same_store) for _ in range(TWO_CARD_TRANSACTIONS)]
    second_store_card, second_store_txn_id = _visit_second_store(rows)
    short_paid = [_pay_short(rows, quantity, paid) for quantity, paid in SHORT_PAID]
    # The last store's number, with three digits that no ordinary card has.
    misnumbered = [_renumber_card(rows, 1000 * last_store + 990 + n) for n in range(MISNUMBERED_CARDS)]
    first_high = max(FIRST_HIGH_CARD, 1000 * (last_store + 1)) + 30_011
    high = [_renumber_card(rows, first_high + 20 * n) for n in range(HIGH_CARDS)]
    bulk = _bulk_lines(rows)
    duplicate = rows.pick(rows.alone)
    result = pd.concat([purchases.iloc[: duplicate + 1], purchases.iloc[duplicate:], bulk])
    return result.sort_values("card", kind="stable", ignore_index=True), Quirks(
        bulk_card=int(bulk["card"].iat[0]),
        bulk_txn_ids=tuple(bulk["txn_id"].tolist()),
        duplicate_txn_id=rows.get(duplicate, "txn_id"),
        two_date_txn_ids=tuple(two_date),
        two_card_txn_ids=tuple(two_card),
        second_store_card=second_store_card,
        second_store_txn_id=second_store_txn_id,
        misnumbered_cards=tuple(misnumbered),
        high_cards=tuple(high),
        short_paid_txn_ids=tuple(short_paid),
    )


def _join_transactions(rows: _Rows, eligible: Mask) -> int:
    """Give two neighbouring purchases on two dates one TXN_ID, and return it."""
    row = rows.pick(rows.pair & eligible, n_rows=2)
    rows.set(row + 1, txn_id=rows.get(row, "txn_id"))
    return rows.get(row, "txn_id")


def _visit_second_store(rows: _Rows) -> tuple[int, int]:
    """Move one purchase of a card to another store, with a TXN_ID far beyond all others; return card and TXN_ID."""
    # Neither the first nor the last purchase of the card, so that its others have the first store.
    row = rows.pick(rows.alone & rows.same_card & np.append(False, rows.same_card[:-1]))
    last_row = len(rows.drawn) - 1
    txn_id = 10 * rows.get(last_row, "txn_id") + 1
    is_first_store = rows.get(row, "store") == FIRST_STORE
    rows.set(row, store=rows.get(last_row, "store") if is_first_store else FIRST_STORE, txn_id=txn_id)
    return rows.get(row, "card"), txn_id


def _pay_short(rows: _Rows, quantity: int, paid: int) -> int:
    """Let a product without promotion cost too little in a week of the first promotion, and return the TXN_ID."""
    promotion = PROMOTIONS[0]
    in_week = np.array([promotion.includes(day) for day in DAYS])[rows.drawn["day"]]
    other_product = rows.drawn["product"].to_numpy() != promotion.prod_nbr - 1
    row = rows.pick(rows.alone & in_week & other_product)
    rows.set(row, quantity=quantity, total=paid * int(rows.prices[0, rows.get(row, "product")]))
    return rows.get(row, "txn_id")


def _renumber_card(rows: _Rows, number: int) -> int:
    """Give a card of any store but the last a number that does not fit its store, and return the number."""
    store = rows.drawn["store"].to_numpy()
    row = rows.pick(store < store[-1])
    rows.table.loc[rows.drawn["owner"] == rows.get(row, "owner"), "card"] = number
    return number


def _bulk_lines(rows: _Rows) -> pd.DataFrame:
    """The bulk purchases of the first promotion's product, by a card of their own, in the columns of the purchases."""
    product = PROMOTIONS[0].prod_nbr - 1
    # After a store's last transaction some ids are left out, and no ordinary card's number ends in 999.
    store = rows.get(len(rows.drawn) - 1, "store") - 1
    last_txn_id = int(rows.drawn["txn_id"][rows.drawn["store"] == store].iat[-1])
    columns = {
        "owner": rows.get(len(rows.drawn) - 1, "owner") + 1,
        "store": store,
        "card": 1000 * store + 999,
        "txn_id": [last_txn_id + 3, last_txn_id + 7],
        "day": [DAYS.index(day) for day in BULK_DAYS],
        "product": product,
        "quantity": BULK_QUANTITY,
        "total": BULK_QUANTITY * int(rows.prices[1, product]),
    }
    return pd.DataFrame(columns).astype(_TYPES)


def _equals_next(values: pd.Series) -> Mask:
    """Whether each value equals the next one; the last one does not."""
    array = values.to_numpy()
    return np.append(array[:-1] == array[1:], False)


# Files ---------------------------------------------------------------------------------------------------------


def _transactions_frame(purchases: pd.DataFrame, products: Sequence[Product]) -> pd.DataFrame:
    """The purchases in the layout of the raw file."""
    serials = np.array([(day - EXCEL_EPOCH).days for day in DAYS], dtype=np.int32)
    return pd.DataFrame(
        {
            "DATE": serials[purchases["day"]],
            "STORE_NBR": purchases["store"],
            "LYLTY_CARD_NBR": purchases["card"],
            "TXN_ID": purchases["txn_id"],
            "PROD_NBR": purchases["product"] + 1,
            "PROD_NAME": pd.Categorical.from_codes(purchases["product"], [product.name for product in products]),
            "PROD_QTY": purchases["quantity"],
            "TOT_SALES": purchases["total"] / 10,
        }
    )


def _customers_frame(purchases: pd.DataFrame, segment: Integers) -> pd.DataFrame:
    """The cards in the layout of the raw file, with the segment of each owner."""
    cards = purchases.drop_duplicates("owner")
    index = segment[cards["owner"]]
    return pd.DataFrame(
        {
            "LYLTY_CARD_NBR": cards["card"].to_numpy(),
            "LIFESTAGE": labels([segment.life_stage for segment in SEGMENTS], index),
            "PREMIUM_CUSTOMER": labels([segment.tier for segment in SEGMENTS], index),
        }
    )
