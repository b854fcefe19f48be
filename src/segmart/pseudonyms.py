"""Pseudonyms of customers: keyed hashes, which nobody can trace back who does not hold the secret.

The secret comes from the environment, and no SQL, log or artifact holds it.
"""

from __future__ import annotations

import hmac
import os

VARIABLE = "SEGMART_CUSTOMER_SECRET"
MIN_CHARACTERS = 16

CUSTOMER = "customer"
"""Kind of an id that is a customer's."""

DIGITS = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that no two of any number of customers are alike."""


def customer_secret() -> bytes | None:
    """The secret from which pseudonyms are made; None if ids stay as they are.

    Raises:
        ValueError: It is so short that somebody could try all of them.
    """
    secret = os.environ.get(VARIABLE, "").strip()
    if not secret:
        return None
    if len(secret) < MIN_CHARACTERS:
        raise ValueError(
            f"{VARIABLE} has {len(secret)} characters, so that it can be found by trying: set a random one of"
            f" {MIN_CHARACTERS} or more, or leave it empty to publish ids as they are"
        )
    return secret.encode()


def pseudonym(secret: bytes, kind: str, dataset: str, text: str) -> str:
    """The keyed hash (HMAC-SHA-256, RFC 2104) of an id.

    Args:
        secret: See `customer_secret`.
        kind: What the id is of, so that a customer and a receipt with the same number are not alike.
        dataset: Dataset of the id, likewise.
        text: The id.
    """
    return hmac.digest(secret, "\0".join((kind, dataset, text)).encode(), "sha256").hex()[:DIGITS]
