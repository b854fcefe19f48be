"""Two synthetic years of a small general shop with twelve stores, with a planted truth.

The tables at the top say all that is planted: range, prices, groups, stores, promotions, pairs, seasons, trials and
warts. The code below them only draws from these tables.

The model: a shopper (a customer, or one of the nameless shoppers of a store) visits on a day with a probability that
is proportional to ``rate(shopper) * weekday(group) * sum of loyalty(shopper, store) * traffic(store, day)``. A receipt
draws its number of lines by group, and each line draws its product in proportion to
``share(group, product) * season(category, month) * range(store, product)``. Promotions and pairs add lines and take
none from other products.

Amounts are whole cents and whole thousandths of a unit until the files are written, so every figure is exact. The same
seed gives the same bytes with any numpy version and on any machine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from tools.synthesize._draws import (
    Bell,
    Floats,
    Integers,
    Mask,
    draw,
    draw_bells,
    draw_ids,
    generator,
    labels,
    pick,
    require_size,
    same,
)
from tools.synthesize._files import write_files

DEFAULT_CUSTOMERS = 1_200
DEFAULT_SEED = 2
MIN_CUSTOMERS = 600
"""With fewer customers a wart may be missing."""

FIRST_DAY = date(2023, 1, 1)
LAST_DAY = date(2024, 12, 31)
DAYS = tuple(FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))

FIRST_CUSTOMER = 1_042
FIRST_PRODUCT = 1_107
FIRST_RECEIPT = 4_001
FIRST_RETURN = 101
WIDEST_GAP = 4
"""At most so many numbers are missing between two of customers or products."""

CHUNK_RECEIPTS = 4_000
"""Receipts whose lines are drawn at a time."""


# Groups of shoppers --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Group:
    """Shoppers who behave alike.

    Attributes:
        name: What a marketer would call it.
        percent: Share of the customers in stores outside ``FAMILY_REGION``.
        family_region_percent: Share of the customers in stores of ``FAMILY_REGION``.
        anonymous_percent: Share of the receipts without a customer.
        visits: Visits per 10,000 calendar days, before the shopper's own activity.
        lapses: Per 10,000 days after the first one: the hazard of leaving for good.
        weekdays: How often it shops, Monday to Saturday, relative to each other.
        hours: Relative frequency of the hours from ``FIRST_HOUR`` on.
        sizes: Relative frequency of receipts of 1, 2, 3 ... lines of goods.
        pieces: Relative frequency of 1, 2, 3 ... pieces in a line.
        weight_percent: Weight of loose goods, relative to that of the category.
        marked_down: Lines with a discount, per 1,000.
        own_brand: How many times as often it takes the own brand, outside staples.
        age: Age in years.
        newsletter_percent: Share of its customers with a newsletter.
    """

    name: str
    percent: int
    family_region_percent: int
    anonymous_percent: int
    visits: int
    lapses: int
    weekdays: tuple[int, ...]
    hours: tuple[int, ...]
    sizes: tuple[int, ...]
    pieces: tuple[int, ...]
    weight_percent: int
    marked_down: int
    own_brand: float
    age: Bell
    newsletter_percent: int


FIRST_HOUR = 8

GROUPS = (
    Group(
        name="Family shoppers",
        percent=7,
        family_region_percent=16,
        anonymous_percent=8,
        visits=410,
        lapses=7,
        weekdays=(4, 4, 5, 7, 18, 22),
        hours=(10, 20, 24, 20, 12, 6, 4, 3, 1, 0, 0, 0, 0),
        sizes=(4, 8, 14, 18, 18, 14, 10, 6, 4, 2, 1, 1),
        pieces=(70, 20, 7, 3),
        weight_percent=140,
        marked_down=50,
        own_brand=1,
        age=Bell(39, 5, low=26),
        newsletter_percent=45,
    ),
    Group(
        name="Bargain hunters",
        percent=37,
        family_region_percent=34,
        anonymous_percent=30,
        visits=82,
        lapses=10,
        weekdays=(18, 13, 11, 9, 5, 4),
        hours=(14, 18, 16, 12, 8, 6, 8, 8, 6, 3, 1, 0, 0),
        sizes=(25, 31, 24, 12, 5, 3),
        pieces=(75, 17, 5, 3),
        weight_percent=90,
        marked_down=350,
        own_brand=2.5,
        age=Bell(63, 7, low=40),
        newsletter_percent=70,
    ),
    Group(
        name="Evening shoppers",
        percent=56,
        family_region_percent=50,
        anonymous_percent=62,
        visits=110,
        lapses=20,
        weekdays=(10, 10, 10, 10, 11, 9),
        hours=(0, 0, 1, 1, 2, 2, 1, 2, 4, 14, 26, 28, 19),
        sizes=(55, 32, 13),
        pieces=(90, 9, 1),
        weight_percent=80,
        marked_down=20,
        own_brand=1,
        age=Bell(29, 4, low=18),
        newsletter_percent=20,
    ),
)

ACTIVITY_PERCENT = Bell(100, 28, low=20)
"""How often one shopper visits, relative to the group."""

WITHOUT_PURCHASES_PER_1000 = 50
SINCE_BEFORE_PER_1000 = 500
"""Customers who signed up before the first day; all others sign up on the day of their first purchase."""
FIRST_SIGN_UP = date(2020, 2, 3)


# Stores --------------------------------------------------------------------------------------------------------

Region = Literal["Nord", "Süd", "West"]

STORES: dict[str, tuple[Region, int]] = {
    "01": ("Süd", 20), "02": ("Nord", 14), "03": ("West", 12), "04": ("Süd", 10), "05": ("Nord", 9), "06": ("West", 8),
    "07": ("Süd", 7), "08": ("Nord", 6), "09": ("West", 5), "10": ("Süd", 4), "11": ("Nord", 3), "12": ("West", 2),
}  # fmt: skip
"""Store -> its region and its share of the visits in per cent."""

FAMILY_REGION: Region = "Nord"
"""Where families are twice as frequent among the customers: what is sold only there seems to be for families."""

LOYALTY_PERCENT = 88
"""Visits to the home store; the others go to stores of the same region."""

OTHER_REGION_PER_1000 = 60
"""Customers whose file names another region than that of their home store."""

ANONYMOUS_SLOTS = 6
ANONYMOUS_VISITS = 380
"""Receipts without a customer per 100 calendar days, all stores together, for ``DEFAULT_CUSTOMERS`` customers."""

ZERO_CUSTOMERS_PER_1000 = 20
"""Receipts without a customer that carry ``NO_CUSTOMER``."""
NO_CUSTOMER = "0000000"


@dataclass(frozen=True)
class Spell:
    """Days on which something holds, for one store or for all.

    Attributes:
        first_day: First day.
        last_day: Last day, included.
        store_id: The store; None for all.
        traffic_percent: Visits in these days, relative to other days.
    """

    first_day: date
    last_day: date
    store_id: str | None = None
    traffic_percent: int = 0


HOLIDAYS = tuple(
    date(*day)
    for day in (
        (2023, 4, 7), (2023, 4, 10), (2023, 5, 1), (2023, 5, 18), (2023, 5, 29), (2023, 10, 3), (2023, 12, 25),
        (2023, 12, 26), (2024, 1, 1), (2024, 3, 29), (2024, 4, 1), (2024, 5, 1), (2024, 5, 9), (2024, 5, 20),
        (2024, 10, 3), (2024, 12, 25), (2024, 12, 26),
    )
)  # fmt: skip
"""All stores are closed on these days and on Sundays: days without sales."""

WITHOUT_DATA = Spell(date(2024, 9, 10), date(2024, 9, 12))
"""All stores were open, but the export has no rows."""

LATE_OPENING = Spell(FIRST_DAY, date(2023, 8, 31), "12")
REFURBISHMENT = Spell(date(2023, 8, 7), date(2023, 8, 26), "01")
STOCKTAKING = Spell(date(2024, 3, 14), date(2024, 3, 14), "01")
STORE_TRIAL = Spell(date(2024, 6, 1), date(2024, 8, 31), "03", traffic_percent=170)
"""The trial store, and its visits relative to what they would have been."""

SPELLS = (WITHOUT_DATA, LATE_OPENING, REFURBISHMENT, STOCKTAKING, STORE_TRIAL)


# Range ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Category:
    """A category of the range: every brand sells every item.

    Attributes:
        name: As the products' file spells it.
        department: Department.
        shares: Lines per 1,000 of each of ``GROUPS``.
        margin: List price without cost, in per cent of the list price.
        brands: Brands.
        items: Item -> price in cents at a brand of level 100, for a piece or a kilogram.
        season: Share of the lines in each month, 100 is the average; empty for none.
        grams: Weight of a line of loose goods; None for pieces.
        returns: Lines that are brought back, per 1,000.
    """

    name: str
    department: str
    shares: tuple[int, int, int]
    margin: int
    brands: tuple[str, ...]
    items: Mapping[str, int]
    season: tuple[int, ...] = ()
    grams: Bell | None = None
    returns: int = 3

    @property
    def is_staple(self) -> bool:
        """Whether all groups buy it equally often."""
        return len(set(self.shares)) == 1


OWN_BRAND = "Sparholt"
BRAND_LEVEL = {OWN_BRAND: 72, "Grünholt": 128, "Almfried": 120, "Heidquell": 118, "Silbrück": 135, "Elbdorn": 110}
"""Price of a brand relative to others in per cent; 100 where none is given."""

SUMMER = (60, 60, 75, 95, 120, 150, 160, 155, 110, 80, 65, 70)
ICE = (30, 35, 55, 95, 150, 195, 210, 195, 105, 55, 35, 40)
WINTER = (95, 85, 95, 80, 70, 55, 50, 60, 100, 130, 170, 210)
BAKING = (80, 80, 100, 90, 70, 60, 60, 70, 90, 120, 190, 190)
FRUIT = (80, 80, 85, 90, 110, 135, 140, 130, 110, 85, 75, 80)

CATEGORIES = (
    Category(
        "Obst", "Frische", (80, 60, 40), 34, ("Feldring", "Grünholt"),
        {"Äpfel rot": 249, "Birnen": 279, "Bananen": 179, "Pfirsiche": 349, "Pflaumen": 299, "Trauben hell": 399,
         "Orangen": 229, "Zitronen": 259},
        FRUIT, Bell(850, 250, low=150),
    ),
    Category(
        "Gemüse", "Frische", (90, 60, 30), 36, ("Feldring", "Grünholt"),
        {"Tomaten": 299, "Möhren": 129, "Kartoffeln": 119, "Zwiebeln": 149, "Gurken": 219, "Paprika": 449,
         "Brokkoli": 329, "Zucchini": 269},
        (), Bell(750, 230, low=120),
    ),
    Category(
        "Brot & Backwaren", "Frische", (80, 80, 80), 45, ("Kornwick", "Mühlroth", OWN_BRAND),
        {"Roggenbrot": 289, "Toastbrot": 179, "Brötchen 6er": 199, "Laugenstangen": 229, "Rosinenzopf": 349,
         "Dinkelknäcke": 239, "Mohnhörnchen": 149},
    ),
    Category(
        "Fleisch & Wurst", "Frische", (80, 70, 30), 24, ("Hofradt", "Elbdorn"),
        {"Hackfleisch": 899, "Hähnchenbrust": 1199, "Schweinenacken": 799, "Salami": 1649, "Kochschinken": 1549,
         "Grillwürste": 999, "Rindergulasch": 1399, "Leberwurst": 1049},
        (), Bell(480, 140, low=100),
    ),
    Category(
        "Käse", "Frische", (50, 40, 30), 30, ("Almfried", "Wiesbraut", OWN_BRAND),
        {"Bergkäse 200 g": 349, "Gouda 400 g": 399, "Mozzarella 125 g": 109, "Frischkäse 200 g": 159,
         "Camembert 250 g": 229, "Hartkäse gerieben": 279},
    ),
    Category(
        "Milch & Joghurt", "Kühlung", (90, 90, 90), 18, ("Wiesbraut", "Almfried", OWN_BRAND),
        {"Vollmilch 1 l": 129, "Buttermilch 500 g": 99, "Naturjoghurt 500 g": 119, "Butter 250 g": 229,
         "Schlagsahne 200 g": 109, "Speisequark 500 g": 139, "Eier 10er": 279},
    ),
    Category(
        "Desserts", "Kühlung", (60, 20, 25), 32, ("Löffelzwerg", "Wiesbraut"),
        {"Kinderjoghurt 6er": 249, "Schokopudding": 99, "Grießspeise": 109, "Götterspeise": 89, "Fruchtquark 4er": 199,
         "Vanillesoße": 129},
    ),
    Category(
        "Tiefkühlkost", "Kühlung", (40, 50, 40), 28, ("Nordquill", "Frostmann", OWN_BRAND),
        {"Fischstäbchen": 349, "Pommes frites": 249, "Rahmspinat": 179, "Steinofenpizza": 299, "Beerenmischung": 399,
         "Suppengemüse": 199, "Kräuterbutter": 179},
    ),
    Category(
        "Eis", "Kühlung", (30, 20, 30), 38, ("Polarella", "Frostmann"),
        {"Vanilleeis 1 l": 349, "Schokoeis 1 l": 349, "Eishörnchen 6er": 329, "Wassereis 10er": 199,
         "Fruchteis am Stiel": 279, "Nusseis 500 ml": 429, "Zitronensorbet": 379},
        ICE,
    ),
    Category(
        "Nudeln & Reis", "Vorrat", (50, 50, 50), 26, ("Perlhag", "Mühlroth", OWN_BRAND),
        {"Spaghetti 500 g": 119, "Penne 500 g": 119, "Eiernudeln 500 g": 169, "Langkornreis 1 kg": 219,
         "Basmatireis 1 kg": 349, "Linsen 500 g": 199, "Bulgur 500 g": 229},
    ),
    Category(
        "Konserven", "Vorrat", (25, 40, 15), 30, ("Tannhöfe", "Perlhag", OWN_BRAND),
        {"Tomaten gehackt": 89, "Kidneybohnen": 99, "Mais 3er": 189, "Senf mittelscharf": 109, "Ketchup": 199,
         "Gewürzgurken": 179, "Rotkohl": 139},
    ),
    Category(
        "Brotaufstrich", "Vorrat", (35, 35, 25), 33, ("Heidquell", "Immhold", OWN_BRAND),
        {"Honig 500 g": 499, "Erdbeerkonfitüre": 229, "Nusscreme 400 g": 279, "Pflaumenmus": 199, "Erdnussmus": 349,
         "Rübensirup": 189},
    ),
    Category(
        "Süßwaren", "Vorrat", (40, 40, 90), 35, ("Zirbelin", "Quirlin", OWN_BRAND),
        {"Vollmilchschokolade": 119, "Nussschokolade": 129, "Fruchtgummi": 109, "Waffelröllchen": 179,
         "Butterkekse": 149, "Lebkuchen": 249, "Pralinen": 399},
        WINTER,
    ),
    Category(
        "Knabberei", "Vorrat", (25, 30, 95), 37, ("Knusperek", "Falkwinkel"),
        {"Kartoffelchips Paprika": 179, "Tortillachips": 169, "Salsadip": 199, "Erdnüsse": 189, "Salzbrezeln": 129,
         "Studentenfutter": 279, "Käsecracker": 159},
    ),
    Category(
        "Backzutaten", "Vorrat", (30, 25, 5), 29, ("Mühlroth", "Tortenau"),
        {"Weizenmehl 1 kg": 99, "Trockenhefe 5er": 119, "Zucker 1 kg": 149, "Backpulver": 89, "Mandeln gemahlen": 299,
         "Kuvertüre": 219, "Vanillezucker": 99},
        BAKING,
    ),
    Category(
        "Wasser & Limonade", "Getränke", (45, 40, 80), 31, ("Moorbrunn", "Silbrück", "Rübkamp"),
        {"Mineralwasser 1 l": 79, "Zitronenlimonade": 109, "Orangenlimonade": 109, "Tonic Water": 139,
         "Apfelschorle": 119},
        SUMMER,
    ),
    Category(
        "Bier & Wein", "Getränke", (20, 35, 110), 27, ("Dornhag", "Kelterau"),
        {"Pils 6er": 449, "Weizenbier 6er": 529, "Radler 6er": 459, "Weißwein": 549, "Rotwein": 599, "Gin 0,5 l": 1599,
         "Sekt": 499, "Apfelwein": 249},
    ),
    Category(
        "Kaffee & Tee", "Getränke", (25, 45, 15), 25, ("Morgenholm", "Teeblick", OWN_BRAND),
        {"Filterkaffee 500 g": 699, "Espressobohnen 1 kg": 1299, "Kaffeepads": 249, "Assamtee": 299,
         "Kräutertee": 199, "Kakaopulver": 279, "Früchtetee": 189},
    ),
    Category(
        "Babybedarf", "Drogerie", (60, 2, 3), 20, ("Knirpsel", "Wolkenfloh"),
        {"Windeln Größe 4": 899, "Feuchttücher": 199, "Babybrei Möhre": 129, "Folgemilch": 1499, "Babyöl": 299,
         "Obstbrei Birne": 139},
    ),
    Category(
        "Körperpflege", "Drogerie", (10, 65, 15), 40, ("Lindhofe", "Jolsdal", OWN_BRAND),
        {"Duschgel": 179, "Haarwäsche": 249, "Zahncreme": 149, "Handcreme": 219, "Rasierschaum": 199,
         "Taschentücher": 229, "Sonnenmilch": 599},
    ),
    Category(
        "Putzen & Papier", "Drogerie", (10, 50, 10), 33, ("Blankwerk", OWN_BRAND),
        {"Toilettenpapier 8er": 399, "Küchenrolle": 249, "Spülmittel": 149, "Vollwaschmittel": 799,
         "Allzweckreiniger": 199, "Müllbeutel": 159},
    ),
    Category(
        "Küche & Geräte", "Haushalt", (5, 18, 12), 38, ("Terrakor", "Voltan"),
        {"Wasserkocher": 2499, "Toaster": 2299, "Pfannenwender": 399, "Schneidebrett": 799, "Bratpfanne": 1999,
         "Glühbirne": 349, "Batterien 4er": 499},
        (), None, 20,
    ),
    Category(
        "Fertiggerichte", "Vorrat", (10, 15, 75), 34, ("Ruckhans", "Perlhag"),
        {"Nudelsuppe": 149, "Linseneintopf": 229, "Reispfanne": 279, "Kartoffelsuppe": 199, "Lasagne": 329,
         "Couscoussalat": 299, "Milchreis": 119},
    ),
    Category(
        "Tiernahrung", "Haushalt", (10, 20, 5), 22, ("Schnurrfried", "Bellmann"),
        {"Katzenfutter 12er": 499, "Katzenstreu 10 l": 449, "Hundefutter 800 g": 199, "Kauknochen": 249,
         "Vogelfutter": 299},
    ),
)  # fmt: skip

LEADERS: dict[str, int] = {
    "Quirlin Nussschokolade": 35,
    "Almfried Bergkäse 200 g": 25,
    "Wiesbraut Gouda 400 g": 30,
    "Morgenholm Filterkaffee 500 g": 40,
    "Knusperek Kartoffelchips Paprika": 38,
    "Dornhag Pils 6er": 36,
    "Jolsdal Duschgel": 42,
    "Wiesbraut Vollmilch 1 l": 25,
    "Blankwerk Toilettenpapier 8er": 48,
    "Heidquell Honig 500 g": 45,
    "Moorbrunn Mineralwasser 1 l": 42,
    "Voltan Wasserkocher": 35,
    "Knirpsel Windeln Größe 4": 26,
    "Löffelzwerg Kinderjoghurt 6er": 28,
    "Wolkenfloh Feuchttücher": 24,
    "Knusperek Tortillachips": 14,
    "Mühlroth Weizenmehl 1 kg": 24,
    "Schnurrfried Katzenfutter 12er": 32,
    "Feldring Tomaten": 14,
    "Elbdorn Grillwürste": 14,
    "Silbrück Tonic Water": 12,
    "Teeblick Assamtee": 18,
    "Ruckhans Nudelsuppe": 22,
    # Sold at chosen moments only, or never.
    "Terrakor Toaster": 0,
    "Bellmann Vogelfutter": 0,
}
"""Product -> its share of the category's lines in per cent, where it is sold; the other products share the rest."""

LOUNGE = "Terrakor Gartenlounge"
LOUNGE_PRICE = 129_900
LOUNGE_SALES = 3
"""A product that is expensive enough for a thousands point, sold a few times in all."""

UNLISTED_PRODUCT = "Frostmann Suppengemüse"
"""It is sold, but the products' file lacks it."""

NEVER_SOLD = ("Terrakor Toaster", "Bellmann Vogelfutter")

RANGES: dict[str, Region] = {"Heidquell": "Nord", "Moorbrunn": "Nord", "Almfried": "Süd"}
"""Brand -> the only region whose stores sell it. What two of the same region sell goes together in all stores taken as
one, and not within the stores that sell both."""

PRICE_RISE_DAY = date(2024, 1, 1)
PRICE_RISE_PERCENT = 4
"""List prices and costs rise on that day."""

RETURNS_PER_1000 = {"Voltan Wasserkocher": 220, "Wolkenfloh Windeln Größe 4": 60}
"""Products that are brought back more often than their category."""
RETURN_DAYS = 14
RETURNS_WITHOUT_RECEIPT = 3
"""Returns that do not name the receipt of the sale."""


@dataclass(frozen=True)
class Promotion:
    """A lower price for some days.

    Attributes:
        product: Name of the product.
        first_day: First day.
        days: Calendar days.
        discount_percent: How much lower the price is.
        uplift_percent: Lines in these days, relative to ordinary days.
    """

    product: str
    first_day: date
    days: int
    discount_percent: int
    uplift_percent: int

    @property
    def last_day(self) -> date:
        """Last day, included."""
        return self.first_day + timedelta(days=self.days - 1)


PROMOTIONS = (
    Promotion("Quirlin Nussschokolade", date(2023, 3, 6), 14, 25, 300),
    Promotion("Wiesbraut Gouda 400 g", date(2023, 6, 5), 14, 20, 320),
    Promotion("Morgenholm Filterkaffee 500 g", date(2023, 9, 18), 14, 30, 400),
    Promotion("Knusperek Kartoffelchips Paprika", date(2024, 2, 12), 7, 33, 400),
    Promotion("Dornhag Pils 6er", date(2024, 6, 10), 14, 20, 250),
    Promotion("Quirlin Nussschokolade", date(2024, 10, 7), 10, 25, 300),
    Promotion("Jolsdal Duschgel", date(2024, 3, 4), 70, 25, 180),
)
"""Six of 7 to 14 days and a long one."""

STOCK_OUT_PRODUCT = "Wiesbraut Vollmilch 1 l"
STOCK_OUT = Spell(date(2023, 11, 6), date(2023, 11, 25))
RATIONED_PRODUCT = "Blankwerk Toilettenpapier 8er"
HOARDING = Spell(date(2024, 1, 15), date(2024, 1, 27), traffic_percent=400)
"""The rationed product is bought four times as often, twice as much at a time ..."""
RATIONING = Spell(date(2024, 1, 29), date(2024, 2, 17))
"""... until a receipt may hold one piece."""


@dataclass(frozen=True)
class Pair:
    """Two products that go together.

    Attributes:
        first: Name of the one that brings the other along.
        second: Name of the other one.
        percent: Share of receipts with the first that also get the second, beyond those that hold it anyway.
    """

    first: str
    second: str
    percent: int


PAIRS = (
    Pair("Knusperek Tortillachips", "Falkwinkel Salsadip", 40),
    Pair("Mühlroth Weizenmehl 1 kg", "Tortenau Trockenhefe 5er", 40),
    Pair("Schnurrfried Katzenfutter 12er", "Bellmann Katzenstreu 10 l", 45),
    Pair("Feldring Tomaten", "Wiesbraut Mozzarella 125 g", 35),
    Pair("Elbdorn Grillwürste", "Tannhöfe Senf mittelscharf", 35),
    Pair("Silbrück Tonic Water", "Dornhag Gin 0,5 l", 35),
    Pair("Teeblick Assamtee", "Immhold Honig 500 g", 45),
)

FAMILY_PAIRS = (
    ("Knirpsel Windeln Größe 4", "Löffelzwerg Kinderjoghurt 6er"),
    ("Knirpsel Windeln Größe 4", "Wolkenfloh Feuchttücher"),
)
"""They go together over all receipts because families buy both and have large baskets, not within families."""

RANGE_PAIRS = (("Heidquell Honig 500 g", "Moorbrunn Mineralwasser 1 l"),)
"""They go together over all stores because only the stores of one region sell them, not within these stores."""

DEPOSIT, BAG, DELIVERY, EMPTIES = "900001", "900002", "900003", "900004"
SERVICES = {
    DEPOSIT: ("Pfand", 25),
    BAG: ("Tragetasche", 20),
    DELIVERY: ("Lieferung", 490),
    EMPTIES: ("Leergut", 25),
}
"""Article -> name and price in cents of what is no goods. Every bottle of ``DEPOSIT_CATEGORY`` has a deposit; empties
are lines of a negative quantity on an ordinary receipt."""
DEPOSIT_CATEGORY = "Wasser & Limonade"
BAGS_PER_1000 = 60
DELIVERIES_PER_1000 = 90
DELIVERY_LINES = 6
"""Receipts of fewer lines are not delivered."""
EMPTIES_PER_1000 = 25

MARKDOWNS = (20, 30, 50)
"""Discounts on lines that are marked down, in per cent."""


# Warts ---------------------------------------------------------------------------------------------------------

REFUSED = {
    "no date": ("Datum", ("",), 6),
    "not a date": ("Datum", ("31.02.2024 10:15", "unbekannt"), 4),
    "quantity is not a number": ("Menge", ("zwei", "ca. 3", "?"), 5),
    "price is not a number": ("Preis", ("auf Anfrage", "siehe Liste"), 4),
    "no product": ("Artikel", ("",), 4),
}
"""Reason -> the column, what stands there instead, and in how many rows of goods."""

BLANK_ROWS = 9
"""Rows of delimiters only or of nothing at all, in all files together."""

TOTAL_FILE = "Umsatz_2023_Q4.csv"
"""It ends with a row of totals."""

UNKNOWN_CUSTOMERS = 15
"""Customers with purchases whom the customers' file lacks."""
AGES_MISSING_PER_1000 = 12

MAPPING = """\
# A small general shop, as its till and its merchandise system export the files: semicolons, decimal commas,
# Windows-1252, a title above the header. What stands here is all that Segmart needs to know about them.
name: general
sales:
  files: "Umsatz_*.csv"
  format: {delimiter: ";", decimal: ",", thousands: ".", encoding: cp1252, dates: "%d.%m.%Y %H:%M", header_line: 2}
  columns:
    sold_at: Datum
    receipt_id: Bon
    store_id: Markt
    customer_id: Kundennr.
    product_id: Artikel
    units: Menge
    sales_amount: "= Menge * Preis - Rabatt"
    discount_amount: Rabatt
    cost_amount: "= Menge * Stückkosten"
  # Deposit, bags, delivery and empties.
  not_goods: {product_id: "9000*"}
products:
  files: Artikel.csv
  format: {delimiter: ";", decimal: ",", encoding: cp1252}
  columns: {product_id: Nummer, product_name: Bezeichnung}
  attributes: {department: Abteilung, category: Warengruppe, brand: Marke, unit: Einheit}
customers:
  files: Kunden.csv
  format: {delimiter: ";", encoding: cp1252, dates: "%d.%m.%Y"}
  columns: {customer_id: Kundennr.}
  attributes: {age: Alter, region: Region, signed_up_on: Anmeldung, newsletter: Newsletter}
"""

SALES_COLUMNS = (
    "Bon", "Datum", "Markt", "Kundennr.", "Artikel", "Menge", "Preis", "Rabatt", "Stückkosten", "Rückgabe zu",
)  # fmt: skip


# Results -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class GeneralFigures:
    """What the sales files hold, to the cent, for tests of what reads them.

    Amounts are in euros. The amount of a line is quantity times price less the discount, rounded to the cent, halves
    away from zero. All figures but those of rows are of accepted lines.

    Attributes:
        rows: Rows with anything in them, below the headers and without the totals.
        accepted_lines: Those that can be read.
        refused_lines: Reason -> the others.
        refused_sales: True amount of the refused lines.
        blank_rows: Rows that hold nothing.
        total_rows: Rows of totals.
        net_sales: Amount of all lines, returns and services included.
        rounding: Exact amount less ``net_sales``.
        goods_sales: Amount of goods, returns included.
        service_sales: Amount of deposits, bags, deliveries and empties.
        return_sales: Amount of returned goods, negative.
        discounts: Sum of the discounts; those of returned lines are negative.
        goods_costs: Cost of goods, rounded by line.
        service_lines: Lines that are no goods.
        return_lines: Lines of returned goods.
        receipts: Different receipts, returns included.
        return_receipts: Those of returns.
        anonymous_receipts: Receipts without a customer.
        anonymous_sales: Amount of their lines.
        customers: Different customers.
        unknown_customers: Those of them that are not in the customers' file.
        listed_customers: Rows of the customers' file.
        customers_without_purchases: Those of them without a line.
        products: Different products that are goods.
        stores: Different stores.
        first_day: First day with a line.
        last_day: Last day with a line.
    """

    rows: int
    accepted_lines: int
    refused_lines: Mapping[str, int]
    refused_sales: Decimal
    blank_rows: int
    total_rows: int
    net_sales: Decimal
    rounding: Decimal
    goods_sales: Decimal
    service_sales: Decimal
    return_sales: Decimal
    discounts: Decimal
    goods_costs: Decimal
    service_lines: int
    return_lines: int
    receipts: int
    return_receipts: int
    anonymous_receipts: int
    anonymous_sales: Decimal
    customers: int
    unknown_customers: int
    listed_customers: int
    customers_without_purchases: int
    products: int
    stores: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class GeneralTruth:
    """What was planted, for tests of the pipeline that reads the files.

    Products are named as in the products' file.

    Attributes:
        figures: What the sales files hold.
        groups: The planted groups.
        customers: By customer_id: ``group``, ``store_id`` (home store), ``region`` (of the file), ``first_day``,
            ``lapse_day`` (missing if it is after the last day), ``is_listed`` and ``is_shopper`` (may have purchases).
        products: By product_id: ``product_name``, ``category``, ``brand``, ``list_price`` (of 2023), ``margin`` and
            ``returns_per_1000``, ``is_staple`` (bought equally often by all groups, in all stores and at all times, and
            in no pair).
        stores: By store_id: ``region`` and ``percent`` of the visits.
        promotions: Lower prices with their uplifts.
        pairs: Products that go together.
        family_pairs: Products that seem to, because families buy both.
        range_pairs: Products that seem to, because the same stores sell both.
        ranges: Brand -> stores that sell it.
        seasons: Category -> share of the lines by month, 100 is the average.
        trial: The trial store, its months and its uplift.
        spells: Days without data, closed stores and the trial.
        closed_days: Sundays and holidays.
        receipt_groups: Receipt of a sale -> its group, those without a customer included.
        refused: Reason -> places of the refused rows in ``GeneralSample.lines``.
    """

    figures: GeneralFigures
    groups: tuple[Group, ...]
    customers: pd.DataFrame
    products: pd.DataFrame
    stores: pd.DataFrame
    promotions: tuple[Promotion, ...]
    pairs: tuple[Pair, ...]
    family_pairs: tuple[tuple[str, str], ...]
    range_pairs: tuple[tuple[str, str], ...]
    ranges: Mapping[str, tuple[str, ...]]
    seasons: Mapping[str, tuple[int, ...]]
    trial: Spell
    spells: tuple[Spell, ...]
    closed_days: tuple[date, ...]
    receipt_groups: pd.Series
    refused: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class GeneralSample:
    """One synthetic data set.

    Attributes:
        lines: True values of all lines in the order of the files: ``receipt_id``, ``sold_at``, ``store_id``,
            ``customer_id`` (empty if there is none), ``product_id``, ``milli_units`` (thousandths of a piece or
            kilogram), ``price``, ``discount``, ``cost`` (of one unit; all in cents), ``sale_receipt_id`` (of a return)
            and ``amount`` (in cents).
        sales: File name -> its bytes.
        products: File of products.
        customers: File of customers.
        truth: What was planted.
    """

    lines: pd.DataFrame
    sales: Mapping[str, bytes]
    products: bytes
    customers: bytes
    truth: GeneralTruth

    @property
    def files(self) -> dict[str, bytes]:
        """File name -> bytes of all files, the mapping included."""
        mapping = MAPPING.encode()
        return {**self.sales, "Artikel.csv": self.products, "Kunden.csv": self.customers, "segmart.yml": mapping}


def synthesize_general(customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED) -> GeneralSample:
    """Draw a data set.

    Args:
        customers: Customers, nearly all of them in the customers' file; the sales grow with them.
        seed: Seed of the random generator, 0 or more.

    Raises:
        ValueError: If ``customers`` is below ``MIN_CUSTOMERS`` or ``seed`` is negative.
    """
    require_size("customers", customers, MIN_CUSTOMERS)
    rng = generator(seed)
    goods = _goods(rng)
    shoppers = _draw_shoppers(rng, customers)
    receipts = _draw_receipts(rng, shoppers)
    lines = _draw_lines(rng, goods, receipts)
    lines = _number_receipts(pd.concat([lines, _draw_services(rng, goods, receipts, lines)], ignore_index=True))
    returns = _draw_returns(rng, goods, lines)
    lines = pd.concat([lines, returns], ignore_index=True)
    lines = lines.sort_values(["minute", "number", "place"], kind="stable", ignore_index=True)
    refused = _pick_refused(rng, lines)
    table = _typed_lines(rng, goods, shoppers, lines)
    bought = set(table["customer_id"])
    listed = _draw_customer_rows(rng, shoppers, bought)
    sales, blank_rows = _sales_files(rng, table, refused)
    products = _product_truth(goods)
    return GeneralSample(
        lines=table,
        sales=sales,
        products=_products_file(goods),
        customers=_text_file(listed[["customer_id", "age", "region", "signed_up_on", "newsletter"]], CUSTOMER_COLUMNS),
        truth=GeneralTruth(
            figures=_figures(table, refused, blank_rows, set(listed["customer_id"])),
            groups=GROUPS,
            customers=_customer_truth(shoppers, set(listed["customer_id"])),
            products=products,
            stores=pd.DataFrame.from_dict(STORES, orient="index", columns=["region", "percent"]),
            promotions=PROMOTIONS,
            pairs=PAIRS,
            family_pairs=FAMILY_PAIRS,
            range_pairs=RANGE_PAIRS,
            ranges={brand: _stores_of(region) for brand, region in RANGES.items()},
            seasons={category.name: category.season for category in CATEGORIES if category.season},
            trial=STORE_TRIAL,
            spells=SPELLS,
            closed_days=tuple(day for day in DAYS if _is_closed(day)),
            receipt_groups=_receipt_groups(lines, receipts),
            refused={reason: tuple(places.tolist()) for reason, places in refused.items()},
        ),
    )


def general_figures(customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED) -> GeneralFigures:
    """What a reader of the sales files must find: sales to the cent, receipts, customers and rows by reason.

    Raises:
        ValueError: If ``customers`` or ``seed`` is out of range.
    """
    return synthesize_general(customers, seed).truth.figures


def write_general(
    out: Path | str, customers: int = DEFAULT_CUSTOMERS, seed: int = DEFAULT_SEED, parquet: bool = False
) -> GeneralSample:
    """Draw a data set and write its files into ``<out>/general``, which is made if it is not there.

    A file appears only when it is complete, and replaces none outside the committed sample.

    Raises:
        ValueError: If ``customers`` or ``seed`` is out of range, or Parquet is wanted: the layout of the text matters.
        OSError: If a file can't be written.
    """
    if parquet:
        raise ValueError("general is written as csv only")
    sample = synthesize_general(customers, seed)
    folder = Path(out) / "general"
    folder.mkdir(parents=True, exist_ok=True)
    write_files(sample.files, folder)
    return sample


# Range and prices ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Goods:
    """The range as arrays, shape (n_products,) where nothing else is said.

    Attributes:
        names: Name of each product.
        ids: Article of each product.
        category: Place in ``CATEGORIES``.
        brands: Brand of each product.
        price: List price of 2023 in cents.
        cost: Cost of 2023 in cents.
        shares: Lines by group, shape (n_groups, n_products).
        place: Name -> place.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    category: Integers
    brands: tuple[str, ...]
    price: Integers
    cost: Integers
    shares: Floats
    place: Mapping[str, int] = field(repr=False)


def _goods(rng: np.random.Generator) -> _Goods:
    names, brands, category, prices, shares = [], [], [], [], []
    for number, kind in enumerate(CATEGORIES):
        offers = [(brand, item, cents) for item, cents in kind.items.items() for brand in kind.brands]
        table = _shares_within(kind, offers)
        for (brand, item, cents), share in zip(offers, table, strict=True):
            names.append(f"{brand} {item}")
            brands.append(brand)
            category.append(number)
            prices.append((cents * BRAND_LEVEL.get(brand, 100) + 50) // 100)
            shares.append(share)
    names.append(LOUNGE)
    brands.append("Terrakor")
    category.append(next(n for n, kind in enumerate(CATEGORIES) if kind.name == "Küche & Geräte"))
    prices.append(LOUNGE_PRICE)
    shares.append([0.0] * len(GROUPS))
    price = np.array(prices, dtype=np.int64)
    margin = np.array([kind.margin for kind in CATEGORIES], dtype=np.int64)[category]
    ids = draw_ids(rng, len(names), FIRST_PRODUCT, WIDEST_GAP)
    return _Goods(
        names=tuple(names),
        ids=tuple(f"{number:06}" for number in ids.tolist()),
        category=np.array(category, dtype=np.int64),
        brands=tuple(brands),
        price=price,
        cost=(price * (100 - margin) + 50) // 100,
        shares=np.array(shares).T,
        place={name: place for place, name in enumerate(names)},
    )


def _shares_within(kind: Category, offers: Sequence[tuple[str, str, int]]) -> list[list[float]]:
    """Lines per 1,000 of each group by product of a category."""
    percent = [LEADERS.get(f"{brand} {item}") for brand, item, _ in offers]
    rest = 100 - sum(share for share in percent if share is not None)
    # Some products sell four times as often as others, in no order.
    ranks = [0 if percent[n] is not None else 2 + n * 5 % 7 for n in range(len(offers))]
    by_group = []
    for number, group in enumerate(GROUPS):
        liking = [1.0 if kind.is_staple or brand != OWN_BRAND else group.own_brand for brand, _, _ in offers]
        likes = [rank * like for rank, like in zip(ranks, liking, strict=True)]
        within = [
            share if share is not None else rest * like / sum(likes) for share, like in zip(percent, likes, strict=True)
        ]
        by_group.append([kind.shares[number] * share / 100 for share in within])
    return [list(shares) for shares in zip(*by_group, strict=True)]


def _range_table(goods: _Goods) -> Floats:
    """1 where a store sells a product, else 0, shape (n_stores, n_products)."""
    return np.array(
        [[float(RANGES.get(brand, region) == region) for brand in goods.brands] for region, _ in STORES.values()]
    )


def _season_table(goods: _Goods) -> Floats:
    """Share of each product by month, 1 is the average, shape (12, n_products)."""
    seasons = np.array([kind.season or (100,) * 12 for kind in CATEGORIES], dtype=float)
    return (
        seasons[goods.category].T
        * 12
        / np.array([sum(kind.season or (100,) * 12) for kind in CATEGORIES])[goods.category]
    )


def _stores_of(region: Region) -> tuple[str, ...]:
    return tuple(store for store, (where, _) in STORES.items() if where == region)


def _raised(cents: Integers, day: Integers) -> Integers:
    """Prices or costs of a day, shape (n,)."""
    is_raised = day >= (PRICE_RISE_DAY - FIRST_DAY).days
    return np.where(is_raised, (cents * (100 + PRICE_RISE_PERCENT) + 50) // 100, cents)


def _within(day: Integers, first_day: date, last_day: date) -> Mask:
    return ((first_day - FIRST_DAY).days <= day) & (day <= (last_day - FIRST_DAY).days)


# Shoppers and receipts -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Shoppers:
    """Customers, and behind them the nameless shoppers; shape (n_shoppers,).

    Attributes:
        ids: Customer ids; empty for nameless shoppers.
        group: Group.
        home: Home store, by place.
        visits: Visits per 10,000 days.
        first: Day of the first possible visit.
        lapse: First day without visits.
        signs_up: Whether there is a visit on the first day.
    """

    ids: tuple[str, ...]
    group: Integers
    home: Integers
    visits: Floats
    first: Integers
    lapse: Integers
    signs_up: Mask


def _draw_shoppers(rng: np.random.Generator, customers: int) -> _Shoppers:
    n_days = len(DAYS)
    percent = [share for _, share in STORES.values()]
    is_family_region = np.array([region == FAMILY_REGION for region, _ in STORES.values()], dtype=np.int64)
    ids = [f"{number:07}" for number in draw_ids(rng, customers, FIRST_CUSTOMER, WIDEST_GAP).tolist()]
    home = draw(rng, [percent], same(customers))
    mix = [[group.percent for group in GROUPS], [group.family_region_percent for group in GROUPS]]
    group = draw(rng, mix, is_family_region[home])
    activity = draw_bells(rng, [ACTIVITY_PERCENT], same(customers))
    visits = np.array([kind.visits for kind in GROUPS])[group] * activity / 100
    visits[rng.random(customers) < WITHOUT_PURCHASES_PER_1000 / 1000] = 0

    is_old = rng.random(customers) < SINCE_BEFORE_PER_1000 / 1000
    traffic = _traffic()
    signing = np.where(is_old, -1, draw(rng, traffic > 0, home))
    hazards = [_lapse_table(kind.lapses, n_days) for kind in GROUPS]
    lapse = np.maximum(signing, 0) + 1 + draw(rng, hazards, group)

    # Nameless shoppers come as often as all others of the store, and never leave.
    slots = ANONYMOUS_SLOTS * max(1, customers // DEFAULT_CUSTOMERS)
    nameless_home = np.repeat(np.arange(len(STORES)), slots * len(GROUPS))
    nameless_group = np.tile(np.repeat(np.arange(len(GROUPS)), slots), len(STORES))
    per_day = ANONYMOUS_VISITS / 100 * customers / DEFAULT_CUSTOMERS / slots
    share = (
        np.array(percent)[nameless_home]
        / 100
        * np.array([kind.anonymous_percent for kind in GROUPS])[nameless_group]
        / 100
    )
    n = len(nameless_home)
    return _Shoppers(
        ids=(*ids, *[""] * n),
        group=np.concatenate([group, nameless_group]),
        home=np.concatenate([home, nameless_home]),
        visits=np.concatenate([visits, share * per_day * 10_000]),
        first=np.concatenate([np.maximum(signing, 0), np.zeros(n, dtype=np.int64)]),
        lapse=np.concatenate([lapse, np.full(n, n_days + 1)]),
        signs_up=np.concatenate([(signing >= 0) & (visits > 0), np.full(n, False)]),
    )


def _lapse_table(per_10_000: int, n_days: int) -> list[float]:
    """Weight of every number of days until a shopper leaves; the last one stands for later."""
    weights, left = [], 1.0
    for _ in range(n_days):
        weights.append(left * per_10_000 / 10_000)
        left -= weights[-1]
    return [*weights, left]


def _is_closed(day: date) -> bool:
    return day.weekday() == 6 or day in HOLIDAYS


def _traffic() -> Floats:
    """Visits by store and day, 1 is ordinary, shape (n_stores, n_days)."""
    days = np.arange(len(DAYS))
    table = np.ones((len(STORES), len(DAYS)))
    for spell in SPELLS:
        for place, store in enumerate(STORES):
            if spell.store_id in (None, store):
                table[place, _within(days, spell.first_day, spell.last_day)] = spell.traffic_percent / 100
    table[:, [_is_closed(day) for day in DAYS]] = 0
    return table


@dataclass(frozen=True)
class _Receipts:
    """Receipts of sales, shape (n_receipts,).

    Attributes:
        shopper: Place of the shopper.
        group: Group of the shopper.
        store: Place of the store.
        day: Day since the first one.
        minute: Minutes since the first day's midnight.
        size: Lines of goods that are drawn.
        is_nameless: Whether the shopper is no customer.
    """

    shopper: Integers
    group: Integers
    store: Integers
    day: Integers
    minute: Integers
    size: Integers
    is_nameless: Mask


def _draw_receipts(rng: np.random.Generator, shoppers: _Shoppers) -> _Receipts:
    traffic = _traffic()
    weekday = np.array([day.weekday() for day in DAYS])
    # On an average calendar day of six open ones in seven a shopper comes as often as the rate says.
    rhythm = np.array([[*(7 * share / sum(kind.weekdays) for share in kind.weekdays), 0.0] for kind in GROUPS])
    day = np.arange(len(DAYS))
    who, when, where = [], [], []
    for start in range(0, len(shoppers.ids), CHUNK_RECEIPTS):
        part = slice(start, start + CHUNK_RECEIPTS)
        loyalty = _loyalty(shoppers.home[part], np.array([name == "" for name in shoppers.ids[part]]))
        reach = np.zeros((len(loyalty), len(DAYS)))
        for place in range(len(STORES)):
            reach += loyalty[:, place, None] * traffic[place]
        chance = shoppers.visits[part, None] / 10_000 * rhythm[shoppers.group[part]][:, weekday] * reach
        first, lapse = shoppers.first[part, None], shoppers.lapse[part, None]
        chance = np.where((first <= day) & (day < lapse), chance, 0)
        chance = np.where(shoppers.signs_up[part, None] & (day == first), 1.0, chance)
        shopper, visit_day = np.nonzero(rng.random(chance.shape) < chance)
        # Whoever signs up does so in the home store.
        weights = loyalty[shopper] * traffic[:, visit_day].T
        is_first = shoppers.signs_up[part][shopper] & (visit_day == shoppers.first[part][shopper])
        weights[is_first] = np.eye(len(STORES))[shoppers.home[part][shopper[is_first]]]
        where.append(draw(rng, weights, np.arange(len(shopper))))
        who.append(shopper + start)
        when.append(visit_day)
    shopper, visit_day, store = np.concatenate(who), np.concatenate(when), np.concatenate(where)
    group = shoppers.group[shopper]
    hour = FIRST_HOUR + draw(rng, [kind.hours for kind in GROUPS], group)
    minute = (visit_day * 24 + hour) * 60 + (rng.random(len(shopper)) * 60).astype(np.int64)
    longest = max(len(kind.sizes) for kind in GROUPS)
    sizes = [(*kind.sizes, *[0] * (longest - len(kind.sizes))) for kind in GROUPS]
    return _Receipts(
        shopper=shopper,
        group=group,
        store=store,
        day=visit_day,
        minute=minute,
        size=1 + draw(rng, sizes, group),
        is_nameless=np.array([name == "" for name in shoppers.ids])[shopper],
    )


def _loyalty(home: Integers, is_nameless: Mask) -> Floats:
    """Share of each store in a shopper's visits on ordinary days, shape (n_shoppers, n_stores)."""
    regions = [region for region, _ in STORES.values()]
    table = np.zeros((len(STORES), len(STORES)))
    for place, region in enumerate(regions):
        others = {n: share for n, (where, share) in enumerate(STORES.values()) if where == region and n != place}
        table[place, place] = LOYALTY_PERCENT / 100
        for other, share in others.items():
            table[place, other] = (100 - LOYALTY_PERCENT) / 100 * share / sum(others.values())
    loyalty = table[home]
    loyalty[is_nameless] = np.eye(len(STORES))[home[is_nameless]]
    return loyalty


# Lines ---------------------------------------------------------------------------------------------------------


def _draw_lines(rng: np.random.Generator, goods: _Goods, receipts: _Receipts) -> pd.DataFrame:
    """Lines of goods: receipt (place), product (place), milli_units, price, discount and cost in cents."""
    receipt, product = _draw_products(rng, goods, receipts)
    lines = pd.DataFrame({"receipt": receipt, "product": product})
    lines = lines.drop_duplicates(ignore_index=True).sort_values("receipt", kind="stable", ignore_index=True)
    receipt, product = lines["receipt"].to_numpy(), lines["product"].to_numpy()
    day, group = receipts.day[receipt], receipts.group[receipt]

    units = _draw_units(rng, goods, product, group)
    is_rationed = product == goods.place[RATIONED_PRODUCT]
    units = np.where(is_rationed & _within(day, HOARDING.first_day, HOARDING.last_day), 2 * units, units)
    units = np.where(is_rationed & _within(day, RATIONING.first_day, RATIONING.last_day), 1_000, units)

    price = _raised(goods.price[product], day)
    is_promoted = np.full(len(lines), False)
    for promotion in PROMOTIONS:
        found = (product == goods.place[promotion.product]) & _within(day, promotion.first_day, promotion.last_day)
        price = np.where(found, (price * (100 - promotion.discount_percent) + 50) // 100, price)
        is_promoted |= found
    chance = np.array([kind.marked_down for kind in GROUPS])[group] / 1000
    is_marked_down = (rng.random(len(lines)) < chance) & ~is_promoted & (product != goods.place[LOUNGE])
    percent = np.array(MARKDOWNS)[(rng.random(len(lines)) * len(MARKDOWNS)).astype(np.int64)]
    discount = (units * price * percent + 50_000) // 100_000
    return lines.assign(
        store=receipts.store[receipt],
        shopper=receipts.shopper[receipt],
        minute=receipts.minute[receipt],
        milli_units=units,
        price=price,
        discount=np.where(is_marked_down, discount, 0),
        cost=_raised(goods.cost[product], day),
        service="",
        place=lines.groupby("receipt").cumcount().to_numpy(),
    )


def _draw_products(rng: np.random.Generator, goods: _Goods, receipts: _Receipts) -> tuple[Integers, Integers]:
    """Receipt and product of every line, some of them twice."""
    month = np.array([day.month - 1 for day in DAYS])
    season, sold = _season_table(goods), _range_table(goods)
    extra = [
        *((p.product, p.first_day, p.last_day, p.uplift_percent) for p in PROMOTIONS),
        (RATIONED_PRODUCT, HOARDING.first_day, HOARDING.last_day, HOARDING.traffic_percent),
    ]
    rows, columns = [], []
    usual = np.empty((len(receipts.day), len(extra)))
    for start in range(0, len(receipts.day), CHUNK_RECEIPTS):
        part = slice(start, start + CHUNK_RECEIPTS)
        day, size = receipts.day[part], receipts.size[part]
        weights = goods.shares[receipts.group[part]] * season[month[day]] * sold[receipts.store[part]]
        is_out = _within(day, STOCK_OUT.first_day, STOCK_OUT.last_day)
        weights[is_out, goods.place[STOCK_OUT_PRODUCT]] = 0
        row = np.repeat(np.arange(len(day)), size)
        rows.append(start + row)
        columns.append(draw(rng, weights, row))
        total = np.cumsum(weights, axis=1)[:, -1]
        for number, (name, *_) in enumerate(extra):
            usual[part, number] = size * weights[:, goods.place[name]] / total
    for number, (name, first_day, last_day, percent) in enumerate(extra):
        chance = usual[:, number] * (percent - 100) / 100 * _within(receipts.day, first_day, last_day)
        # More than one more line in a receipt would be the same line.
        more = np.flatnonzero(rng.random(len(chance)) < chance)
        rows.append(more)
        columns.append(np.full(len(more), goods.place[name]))
    receipt, product = np.concatenate(rows), np.concatenate(columns)
    for pair in PAIRS:
        holders = np.unique(receipt[product == goods.place[pair.first]])
        more = holders[rng.random(len(holders)) < pair.percent / 100]
        receipt = np.concatenate([receipt, more])
        product = np.concatenate([product, np.full(len(more), goods.place[pair.second])])
    lounges = pick(rng, np.full(len(receipts.day), True), LOUNGE_SALES, receipts.is_nameless)
    return (
        np.concatenate([receipt, lounges]),
        np.concatenate([product, np.full(LOUNGE_SALES, goods.place[LOUNGE])]),
    )


def _draw_units(rng: np.random.Generator, goods: _Goods, product: Integers, group: Integers) -> Integers:
    """Thousandths of a piece or kilogram, shape (n,)."""
    longest = max(len(kind.pieces) for kind in GROUPS)
    tables = [(*kind.pieces, *[0] * (longest - len(kind.pieces))) for kind in GROUPS]
    pieces = 1_000 * (1 + draw(rng, tables, group))
    bells = [kind.grams or Bell(1_000, 0.3) for kind in CATEGORIES]
    category = goods.category[product]
    grams = draw_bells(rng, bells, category) * np.array([kind.weight_percent for kind in GROUPS])[group] // 100
    is_loose = np.array([kind.grams is not None for kind in CATEGORIES])[category]
    pieces = np.where(product == goods.place[LOUNGE], 1_000, pieces)
    return np.where(is_loose, grams, pieces)


def _draw_services(rng: np.random.Generator, goods: _Goods, receipts: _Receipts, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines that are no goods, with the columns of the lines of goods."""
    n = len(receipts.day)
    deposit_category = next(number for number, kind in enumerate(CATEGORIES) if kind.name == DEPOSIT_CATEGORY)
    bottles = lines.loc[goods.category[lines["product"].to_numpy()] == deposit_category]
    deposits = bottles.groupby("receipt")["milli_units"].sum()
    size = lines.groupby("receipt").size().reindex(range(n), fill_value=0).to_numpy()
    bags = np.flatnonzero(rng.random(n) < BAGS_PER_1000 / 1000)
    deliveries = np.flatnonzero((rng.random(n) < DELIVERIES_PER_1000 / 1000) & (size >= DELIVERY_LINES))
    empties = np.flatnonzero(rng.random(n) < EMPTIES_PER_1000 / 1000)
    crates = 1 + (rng.random(len(empties)) * 12).astype(np.int64)
    parts = [
        (DEPOSIT, deposits.index.to_numpy(), deposits.to_numpy()),
        (BAG, bags, np.full(len(bags), 1_000)),
        (DELIVERY, deliveries, np.full(len(deliveries), 1_000)),
        (EMPTIES, empties, -1_000 * crates),
    ]
    frames = []
    for number, (service, receipt, units) in enumerate(parts):
        frames.append(
            pd.DataFrame(
                {
                    "receipt": receipt,
                    "product": -1,
                    "store": receipts.store[receipt],
                    "shopper": receipts.shopper[receipt],
                    "minute": receipts.minute[receipt],
                    "milli_units": units,
                    "price": SERVICES[service][1],
                    "discount": 0,
                    "cost": 0,
                    "service": service,
                    "place": 1_000 + number,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _number_receipts(lines: pd.DataFrame) -> pd.DataFrame:
    """Number the receipts in the order of time."""
    order = lines[["minute", "receipt"]].drop_duplicates().sort_values(["minute", "receipt"], kind="stable")
    number = pd.Series(np.arange(FIRST_RECEIPT, FIRST_RECEIPT + len(order)), index=order["receipt"])
    return lines.assign(number=number.loc[lines["receipt"]].to_numpy(), is_return=False, sale=0)


def _draw_returns(rng: np.random.Generator, goods: _Goods, lines: pd.DataFrame) -> pd.DataFrame:
    """Returned lines of goods, each on a receipt of its own, with the columns of the lines."""
    sold = lines.loc[lines["service"] == ""]
    chance = _returns_per_1000(goods)[sold["product"].to_numpy()] / 1000
    waiting = 1 + (rng.random(len(sold)) * RETURN_DAYS).astype(np.int64)
    minutes = (9 * 60 + rng.random(len(sold)) * 8 * 60).astype(np.int64)
    is_open = _traffic() > 0
    # Open days that follow, so that whoever comes to a closed store comes again.
    following = np.full((len(STORES), len(DAYS) + RETURN_DAYS + 1), len(DAYS))
    for day in reversed(range(len(DAYS))):
        following[:, day] = np.where(is_open[:, day], day, following[:, day + 1])
    day = following[sold["store"].to_numpy(), sold["minute"].to_numpy() // (24 * 60) + waiting]
    is_back = (rng.random(len(sold)) < chance) & (day < len(DAYS))
    back = sold.loc[is_back]
    back = back.assign(
        minute=day[is_back] * 24 * 60 + minutes[is_back],
        milli_units=-back["milli_units"],
        discount=-back["discount"],
        is_return=True,
        sale=back["number"],
        place=0,
    ).sort_values(["minute", "number", "product"], kind="stable", ignore_index=True)
    without = pick(rng, np.full(len(back), True), RETURNS_WITHOUT_RECEIPT)
    sale = back["sale"].to_numpy(copy=True)
    sale[without] = 0
    return back.assign(number=np.arange(FIRST_RETURN, FIRST_RETURN + len(back)), sale=sale)


def _returns_per_1000(goods: _Goods) -> Integers:
    by_category = np.array([kind.returns for kind in CATEGORIES])[goods.category]
    return np.array([RETURNS_PER_1000.get(name, rate) for name, rate in zip(goods.names, by_category, strict=True)])


def _pick_refused(rng: np.random.Generator, lines: pd.DataFrame) -> dict[str, Integers]:
    """Reason -> places of the rows that are made unreadable; returned lines are left alone."""
    returned = set(lines.loc[lines["is_return"], "sale"])
    is_plain = (lines["service"] == "") & ~lines["is_return"] & ~lines["number"].isin(returned)
    free = is_plain.to_numpy(copy=True)
    return {reason: pick(rng, free, count) for reason, (_, _, count) in REFUSED.items()}


def _typed_lines(rng: np.random.Generator, goods: _Goods, shoppers: _Shoppers, lines: pd.DataFrame) -> pd.DataFrame:
    """The lines as ``GeneralSample`` describes them."""
    number, sale = lines["number"].to_numpy(), lines["sale"].to_numpy()
    is_return = lines["is_return"].to_numpy()
    prefix = np.where(is_return, "G-", "R-")
    customer = labels(shoppers.ids, lines["shopper"].to_numpy())
    # The same for all lines of a receipt: a return has the number that its own receipt draws.
    first_number = min(FIRST_RECEIPT, FIRST_RETURN)
    is_zero = rng.random(number.max() + 1 - first_number) < ZERO_CUSTOMERS_PER_1000 / 1000
    customer = np.where((customer == "") & is_zero[number - first_number] & ~is_return, NO_CUSTOMER, customer)
    product = np.where(lines["service"] != "", lines["service"], labels([*goods.ids, ""], lines["product"].to_numpy()))
    units, price, discount = (lines[name].to_numpy() for name in ("milli_units", "price", "discount"))
    return pd.DataFrame(
        {
            "receipt_id": [f"{kind}{n:06}" for kind, n in zip(prefix, number.tolist(), strict=True)],
            "sold_at": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(lines["minute"].to_numpy(), unit="min"),
            "store_id": labels(list(STORES), lines["store"].to_numpy()),
            "customer_id": customer,
            "product_id": product,
            "milli_units": units,
            "price": price,
            "discount": discount,
            "cost": lines["cost"].to_numpy(),
            "sale_receipt_id": [f"R-{n:06}" if n else "" for n in sale.tolist()],
            "amount": _rounded(units * price - 1_000 * discount),
        }
    )


def _rounded(thousandths: Integers) -> Integers:
    """Whole cents of thousandths of a cent, halves away from zero."""
    return np.sign(thousandths) * ((np.abs(thousandths) + 500) // 1_000)


# Files ---------------------------------------------------------------------------------------------------------

CUSTOMER_COLUMNS = ("Kundennr.", "Alter", "Region", "Anmeldung", "Newsletter")
PRODUCT_COLUMNS = ("Nummer", "Bezeichnung", "Abteilung", "Warengruppe", "Marke", "Einheit")
LINE_END = "\r\n"


def _draw_customer_rows(rng: np.random.Generator, shoppers: _Shoppers, bought: set[str]) -> pd.DataFrame:
    """Rows of the customers' file, as text."""
    n = sum(name != "" for name in shoppers.ids)
    ids, group, home = shoppers.ids[:n], shoppers.group[:n], shoppers.home[:n]
    age = draw_bells(rng, [kind.age for kind in GROUPS], group)
    is_ageless = rng.random(n) < AGES_MISSING_PER_1000 / 1000
    regions = list(dict.fromkeys(region for region, _ in STORES.values()))
    region = np.array([regions.index(where) for where, _ in STORES.values()])[home]
    moves = rng.random(n) < OTHER_REGION_PER_1000 / 1000
    region = np.where(moves, (region + 1) % len(regions), region)
    has_newsletter = rng.random(n) < np.array([kind.newsletter_percent for kind in GROUPS])[group] / 100
    before = (FIRST_DAY - FIRST_SIGN_UP).days
    earlier = -1 - (rng.random(n) * before).astype(np.int64)
    signed_up = np.where(shoppers.signs_up[:n], shoppers.first[:n], earlier)
    unknown = pick(rng, np.array([name in bought for name in ids]), UNKNOWN_CUSTOMERS)
    rows = pd.DataFrame(
        {
            "customer_id": ids,
            "age": np.where(is_ageless, "", age.astype(str)),
            "region": labels(regions, region),
            "signed_up_on": [f"{FIRST_DAY + timedelta(days=day):%d.%m.%Y}" for day in signed_up.tolist()],
            "newsletter": np.where(has_newsletter, "ja", "nein"),
        }
    )
    return rows.drop(index=unknown).sort_values("customer_id", kind="stable", ignore_index=True)


def _products_file(goods: _Goods) -> bytes:
    rows = [
        (number, name, kind.department, kind.name, brand, "kg" if kind.grams else "Stück")
        for number, name, place, brand in zip(goods.ids, goods.names, goods.category, goods.brands, strict=True)
        for kind in [CATEGORIES[place]]
        if name != UNLISTED_PRODUCT
    ]
    rows += [(number, name, "Service", "Service", "", "Stück") for number, (name, _) in SERVICES.items()]
    return _text_file(pd.DataFrame(sorted(rows)), PRODUCT_COLUMNS)


def _text_file(rows: pd.DataFrame, columns: Sequence[str]) -> bytes:
    texts = [";".join(columns), *(";".join(row) for row in rows.itertuples(index=False))]
    return (LINE_END.join(texts) + LINE_END).encode("cp1252")


def _sales_files(
    rng: np.random.Generator, table: pd.DataFrame, refused: Mapping[str, Integers]
) -> tuple[dict[str, bytes], int]:
    """The sales files by name, and how many of their rows are blank."""
    texts = _texts(table)
    for reason, places in refused.items():
        column, values, _ = REFUSED[reason]
        for n, place in enumerate(places):
            texts[column][place] = values[n % len(values)]
    rows = [";".join(row) for row in zip(*texts.values(), strict=True)]
    quarter = table["sold_at"].dt.year * 10 + table["sold_at"].dt.quarter
    blanks = set(pick(rng, np.full(len(rows), True), BLANK_ROWS).tolist())
    files = {}
    for year, number in sorted({divmod(value, 10) for value in quarter.unique().tolist()}):
        name = f"Umsatz_{year}_Q{number}.csv"
        places = np.flatnonzero(quarter == 10 * year + number).tolist()
        written = [f"Umsätze {number}. Quartal {year} – alle Märkte", ";".join(SALES_COLUMNS)]
        for place in places:
            written.append(rows[place])
            if place in blanks:
                written.append(";" * (len(SALES_COLUMNS) - 1) if place % 2 else "")
        if name == TOTAL_FILE:
            units, discounts = table["milli_units"].iloc[places].sum(), table["discount"].iloc[places].sum()
            written.append(f"Summe;;;;;{_thousandths(units)};;{_money(discounts)};;")
        files[name] = (LINE_END.join(written) + LINE_END).encode("cp1252")
    return files, len(blanks)


def _texts(table: pd.DataFrame) -> dict[str, list[str]]:
    """Column of the sales files -> its texts."""
    days = table["sold_at"].dt.strftime("%d.%m.%Y %H:%M")
    loose = table["milli_units"] % 1_000 != 0
    units = [
        _thousandths(value) if is_loose else f"{value // 1_000}"
        for value, is_loose in zip(table["milli_units"].tolist(), loose.tolist(), strict=True)
    ]
    money = {
        name: [_money(value) for value in table[column].tolist()]
        for name, column in (("Preis", "price"), ("Rabatt", "discount"), ("Stückkosten", "cost"))
    }
    ids = ("receipt_id", "store_id", "customer_id", "product_id", "sale_receipt_id")
    receipt, store, customer, product, sale = (table[name].tolist() for name in ids)
    columns = (receipt, days.tolist(), store, customer, product, units, *money.values(), sale)
    return dict(zip(SALES_COLUMNS, columns, strict=True))


def _money(cents: int) -> str:
    """Euros with a decimal comma and a thousands point; nothing at all for no money."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{_grouped(abs(cents) // 100)},{abs(cents) % 100:02}" if cents else "0"


def _thousandths(value: int) -> str:
    """Units with three decimals."""
    sign = "-" if value < 0 else ""
    return f"{sign}{_grouped(abs(value) // 1_000)},{abs(value) % 1_000:03}"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", ".")


# Truth ---------------------------------------------------------------------------------------------------------


def _figures(table: pd.DataFrame, refused: Mapping[str, Integers], blank_rows: int, listed: set[str]) -> GeneralFigures:
    is_refused = np.full(len(table), False)
    for places in refused.values():
        is_refused[places] = True
    lines = table.loc[~is_refused]
    is_service = lines["product_id"].isin(SERVICES)
    is_return = lines["receipt_id"].str.startswith("G-")
    is_anonymous = lines["customer_id"].isin(["", NO_CUSTOMER])
    customers = set(lines.loc[~is_anonymous, "customer_id"])
    exact = (lines["milli_units"] * lines["price"] - 1_000 * lines["discount"]).sum()
    costs = pd.Series(_rounded((lines["milli_units"] * lines["cost"]).to_numpy()), index=lines.index)

    def euros(cents: pd.Series) -> Decimal:
        return Decimal(int(cents.sum())) / 100

    return GeneralFigures(
        rows=len(table),
        accepted_lines=len(lines),
        refused_lines={reason: len(places) for reason, places in refused.items()},
        refused_sales=euros(table.loc[is_refused, "amount"]),
        blank_rows=blank_rows,
        total_rows=1,
        net_sales=euros(lines["amount"]),
        rounding=Decimal(int(exact)) / 100_000 - euros(lines["amount"]),
        goods_sales=euros(lines.loc[~is_service, "amount"]),
        service_sales=euros(lines.loc[is_service, "amount"]),
        return_sales=euros(lines.loc[is_return, "amount"]),
        discounts=euros(lines["discount"]),
        goods_costs=euros(costs[~is_service]),
        service_lines=int(is_service.sum()),
        return_lines=int(is_return.sum()),
        receipts=lines["receipt_id"].nunique(),
        return_receipts=lines.loc[is_return, "receipt_id"].nunique(),
        anonymous_receipts=lines.loc[is_anonymous, "receipt_id"].nunique(),
        anonymous_sales=euros(lines.loc[is_anonymous, "amount"]),
        customers=len(customers),
        unknown_customers=len(customers - listed),
        listed_customers=len(listed),
        customers_without_purchases=len(listed - customers),
        products=lines.loc[~is_service, "product_id"].nunique(),
        stores=lines["store_id"].nunique(),
        first_day=lines["sold_at"].min().date(),
        last_day=lines["sold_at"].max().date(),
    )


def _customer_truth(shoppers: _Shoppers, listed: set[str]) -> pd.DataFrame:
    n = sum(name != "" for name in shoppers.ids)
    lapse = pd.Series(pd.Timestamp(FIRST_DAY) + pd.to_timedelta(shoppers.lapse[:n], unit="D"))
    home = labels(list(STORES), shoppers.home[:n])
    return pd.DataFrame(
        {
            "group": labels([kind.name for kind in GROUPS], shoppers.group[:n]),
            "store_id": home,
            "first_day": pd.Timestamp(FIRST_DAY) + pd.to_timedelta(shoppers.first[:n], unit="D"),
            "lapse_day": lapse.where(lapse <= pd.Timestamp(LAST_DAY)).to_numpy(),
            "is_listed": [name in listed for name in shoppers.ids[:n]],
            "is_shopper": shoppers.visits[:n] > 0,
        },
        index=pd.Index(shoppers.ids[:n], name="customer_id"),
    ).sort_index()


def _product_truth(goods: _Goods) -> pd.DataFrame:
    paired = {name for pair in PAIRS for name in (pair.first, pair.second)}
    apart = paired | {promotion.product for promotion in PROMOTIONS} | {STOCK_OUT_PRODUCT, RATIONED_PRODUCT}
    is_staple = [
        CATEGORIES[place].is_staple and not CATEGORIES[place].season and brand not in RANGES and name not in apart
        for name, place, brand in zip(goods.names, goods.category, goods.brands, strict=True)
    ]
    return pd.DataFrame(
        {
            "product_name": goods.names,
            "category": [CATEGORIES[place].name for place in goods.category],
            "brand": goods.brands,
            "list_price": goods.price / 100,
            "margin": [CATEGORIES[place].margin for place in goods.category],
            "returns_per_1000": _returns_per_1000(goods),
            "is_staple": is_staple,
        },
        index=pd.Index(goods.ids, name="product_id"),
    ).sort_index()


def _receipt_groups(lines: pd.DataFrame, receipts: _Receipts) -> pd.Series:
    sold = lines.loc[~lines["is_return"], ["number", "receipt"]].drop_duplicates("number")
    names = labels([kind.name for kind in GROUPS], receipts.group[sold["receipt"].to_numpy()])
    index = pd.Index([f"R-{number:06}" for number in sold["number"].tolist()], name="receipt_id")
    return pd.Series(names, index=index, name="group")
