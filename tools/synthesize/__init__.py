"""Synthetic copies of the raw files: same layout, same warts, invented names and a planted truth."""

from tools.synthesize.campaign import CampaignSample, CampaignTruth, synthesize_campaign, write_campaign
from tools.synthesize.chips import ChipsSample, ChipsTruth, synthesize_chips, write_chips
from tools.synthesize.grocery import GrocerySample, GroceryTruth, synthesize_grocery, write_grocery
from tools.synthesize.shop import ShopSample, ShopTruth, synthesize_shop, write_shop

WRITERS = {"chips": write_chips, "shop": write_shop, "campaign": write_campaign, "grocery": write_grocery}
"""Name of a dataset -> the function that writes its files below a directory."""

__all__ = [
    "WRITERS",
    "CampaignSample",
    "CampaignTruth",
    "ChipsSample",
    "ChipsTruth",
    "GrocerySample",
    "GroceryTruth",
    "ShopSample",
    "ShopTruth",
    "synthesize_campaign",
    "synthesize_chips",
    "synthesize_grocery",
    "synthesize_shop",
    "write_campaign",
    "write_chips",
    "write_grocery",
    "write_shop",
]
