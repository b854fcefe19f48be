"""Synthetic copies of the raw files: same layout, same warts, invented names and a planted truth."""

from tools.synthesize.campaign import CampaignSample, CampaignTruth, synthesize_campaign, write_campaign
from tools.synthesize.chips import ChipsSample, ChipsTruth, synthesize_chips, write_chips
from tools.synthesize.general import (
    GeneralFigures,
    GeneralSample,
    GeneralTruth,
    general_figures,
    synthesize_general,
    write_general,
)
from tools.synthesize.grocery import GrocerySample, GroceryTruth, synthesize_grocery, write_grocery
from tools.synthesize.shop import ShopSample, ShopTruth, synthesize_shop, write_shop

WRITERS = {
    "chips": write_chips,
    "shop": write_shop,
    "campaign": write_campaign,
    "grocery": write_grocery,
    "general": write_general,
}
"""Name of a dataset -> the function that writes its files below a directory."""

__all__ = [
    "WRITERS",
    "CampaignSample",
    "CampaignTruth",
    "ChipsSample",
    "ChipsTruth",
    "GeneralFigures",
    "GeneralSample",
    "GeneralTruth",
    "GrocerySample",
    "GroceryTruth",
    "ShopSample",
    "ShopTruth",
    "general_figures",
    "synthesize_campaign",
    "synthesize_chips",
    "synthesize_general",
    "synthesize_grocery",
    "synthesize_shop",
    "write_campaign",
    "write_chips",
    "write_general",
    "write_grocery",
    "write_shop",
]
