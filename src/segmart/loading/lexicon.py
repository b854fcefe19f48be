"""Words by which columns of retail files are named, in eight languages.

They are English, German, French, Spanish, Italian, Dutch, Polish and Portuguese.

A name is cut into words (``InvoiceDate``, ``invoice_date`` and ``Invoice date`` are the same two), accents are
dropped. A
stem matches a word that begins with it, because German and Dutch write compounds (``Kundennummer``); with ``$`` the
whole
word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def word_list(text: str) -> tuple[str, ...]:
    """The words of a text, which is how lists of many words stay readable."""
    return tuple(text.split())


DAY, MOMENT_OF_DAY, NAME, ID, PRICE, COUNT = "day", "time of day", "name", "id", "price", "count"

_KIND_STEMS = {
    DAY: word_list(
        "date datum fecha data dato dt dzien jour giorno dia day timestamp datetime datumzeit zeitstempel tag"
    ),
    MOMENT_OF_DAY: ["time", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd", "godzina", "hour"],
    NAME: word_list(
        "name description descr desc bezeichnung libelle designation intitule descripcion descrizione"
        " omschrijving nazwa descricao nombre nome nom naam opis text title titel"
    ),
    ID: word_list("id ids nr no num number nbr code codes key nummer numero numer kod codigo codice ref nbr cod idx"),
    PRICE: word_list(
        "price preis einzelpreis stueckpreis stuckpreis prix precio prezzo prijs cena preco unitprice tarif"
    ),
    COUNT: word_list(
        "quantity quantities qty menge anzahl stuck stueck stk units unit quantite qte cantidad cant quantita"
        " qta aantal ilosc quantidade qtd qtde pieces pcs pzas weight gewicht poids peso waga count"
    ),
}

ROLE_STEMS: dict[str, Sequence[str]] = {
    "sold_at": (
        *_KIND_STEMS[DAY],
        "sold",
        "verkauft",
        "verkaufsdatum",
        "belegdatum",
        "kaufdatum",
        "bestelldatum",
        "rechnungsdatum",
        "buchungs",
        "orderdatum",
        "verkoopdatum",
        "vente",
    ),
    "receipt_id": word_list(
        "invoice receipt transaction txn trans basket order bon kassenbon beleg ticket facture factura"
        " fattura scontrino recibo rechnung paragon faktura fatura nota cupom pedido commande bestellung"
        " bestelnummer bestelling kassabon rachunek zamowienie encomenda ordine checkno bill tx warenkorb"
        " panier carrello cesta koszyk vorgang"
    ),
    "product_id": word_list(
        "product prod item sku article artikel ean gtin upc barcode plu stock stockcode produkt producto"
        " prodotto produit produto articulo articolo artigo towar towaru indeks material referencia reference"
        " referentie codart asin isbn goods"
    ),
    "customer_id": word_list(
        "customer cust client cliente kunde kunden kd klant klient household hshd member mitglied lylty"
        " loyalty card karte karta carte tarjeta tessera user shopper buyer account konsument acheteur socio"
        " lid"
    ),
    "store_id": word_list(
        "store shop branch filiale filial markt magasin tienda negozio winkel sklep loja outlet location site"
        " filiaal vestiging sucursal laden geschaeft geschaft verkaufsstelle punto pdv standort"
    ),
    "sales_amount": word_list(
        "amount sales revenue umsatz betrag gesamtpreis gesamtbetrag montant importe importo bedrag kwota"
        " wartosc valor total ca turnover totale totaal suma brutto netto summe omzet vendas ventas vendite"
        " dollar spend value gesamt sprzedaz zeilenbetrag positionswert linetotal extended erloes erlos"
        " chiffre"
    ),
    "discount_amount": (
        word_list("discount disc rabatt remise descuento sconto korting rabat desconto nachlass coupon reduction promo")
    ),
    "cost_amount": (
        word_list(
            "cost einkaufspreis einkauf ek ekpreis cout coste costo$ kosten koszt custo$ cogs wareneinsatz"
            " purchaseprice achat"
        )
    ),
}

LIST_STEMS = word_list(
    "list goods items products basket artikel produkte articles produits productos prodotti produtos"
)

ATTRIBUTE_STEMS = {
    "brand": ["brand", "marke", "marque", "marca", "merk", "marka", "manufacturer", "hersteller"],
    "department": ["department", "dept", "abteilung", "rayon", "reparto", "afdeling", "departamento"],
    "category": word_list(
        "category categorie kategorie categoria warengruppe kategoria familia famille gruppe group segment"
    ),
    "gender": ["gender", "sex", "geschlecht", "sexe", "sexo", "genere", "geslacht", "plec", "genero"],
    "age": ["age", "alter", "edad", "eta", "leeftijd", "wiek", "idade"],
    "region": ["region", "bundesland", "provincia", "wojewodztwo", "regiao", "regio"],
    "country": ["country", "land", "pays", "pais", "paese", "kraj"],
    "city": ["city", "stadt", "ort", "ville", "ciudad", "citta", "plaats", "miasto", "cidade"],
    "income": ["income", "einkommen", "revenu", "ingresos", "reddito", "inkomen", "dochod", "renda"],
}
"""What an attribute is called whatever the language of its column."""

PERSON_STEMS = (
    *ATTRIBUTE_STEMS["gender"],
    *ATTRIBUTE_STEMS["age"],
    *ATTRIBUTE_STEMS["income"],
    *word_list(
        "birth birthdate geburt naissance nacimiento nascita geboorte urodzenia nascimento education bildung"
        " marital familienstand kids kidhome teens teenhome children kinder enfants profession beruf"
        " occupation household lifestage"
    ),
)
"""What a file of people says about them."""

_SUMS = word_list("num number mnt cnt count total sum avg average lifetime distinct percentage percent share")
"""First words of columns that count or add up what a row has."""

_OTHER_DAYS = word_list(
    "birth birthdate geburt naissance nacimiento nascita geboorte urodzenia nascimento ship shipping"
    " delivery liefer due end customer kunde enrolment registration since seit modified created export"
)
"""Words of days that are not the day of a sale."""

_MODIFIERS = {
    "total": ["total", "gesamt", "totale", "totaal", "line", "ligne", "zeile", "extended"],
    "unit": ["unit", "einzel", "unitario", "unitaire", "unitaria", "stueck", "per"],
}

SERVICES = re.compile(
    r"(.*\b(postage|shipping|carriage|freight|versand|versandkosten|porto|frais de port|livraison|gastos de env[ií]o|"
    r"spedizione|verzendkosten|wysy[łl]ka|frete)\b.*"
    r"|(bank )?charges?|bank charges.*|adjust.*|discount|rabatt|remise|descuento|sconto|korting|rabat|desconto|manual"
    r"|.*\bfees?|geb[üu]hr|samples?|.*\b(test product|test artikel|testartikel)\b.*|(gift )?voucher|gift"
    r" ?card.*|gutschein"
    r"|pfand|leergut|deposit|none|null|no item|kein artikel|ninguno|aucun|nessuno|geen|brak|nenhum|carrier"
    r" bag.*|plastic bag.*)\.?",
    re.IGNORECASE,
)
"""Names of lines that are services, fees or nothing at all."""


_COMPOUND = re.compile(r"^([a-z]{3,}?)(nummer|numer|number|nr|nbr|datum|bezeichnung|preis|prijs|name|naam|menge)$")
"""Compounds of which the last part says what kind of value a column holds."""


def words(name: str) -> list[str]:
    """The words of a column's name, in lower case and without accents."""
    spaced = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = unicodedata.normalize("NFKD", spaced.replace("ß", "ss").replace("ł", "l").replace("Ł", "L"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()
    return [part for word in re.findall(r"[a-z]+|[0-9]+", plain) for part in _COMPOUND.sub(r"\1 \2", word).split()]


def matches(name: str, stems: Sequence[str]) -> bool:
    """Whether a word of a name begins with a stem; short stems must be the whole word."""
    return any(_begins(word, stem) for word in words(name) for stem in stems)


def _begins(word: str, stem: str) -> bool:
    return word == stem.rstrip("$") or (len(stem) >= 4 and stem[-1] != "$" and word.startswith(stem))


def kinds(name: str) -> set[str]:
    """What kinds of values a name promises: `DAY`, `MOMENT_OF_DAY`, `NAME`, `ID`, `PRICE` and `COUNT`."""
    found = {kind for kind, stems in _KIND_STEMS.items() if matches(name, stems)}
    last = words(name)[-1:] or [""]
    if re.match(
        "(number|num|no|nr) (of|items|products|articles|pieces|units)|(nombre|numero) d[ei]", " ".join(words(name))
    ):
        found = (found - {ID, NAME}) | {COUNT}
    if re.search("(nummer|nr|numer|id|code)$", last[0]) and len(last[0]) > 3:
        found.add(ID)
    if words(name)[:1] and words(name)[0] in _SUMS and len(words(name)) > 1:
        found = (found - {ID}) | {COUNT}
    if re.search("(datum|date)$", last[0]):
        found.add(DAY)
    if re.search("(preis|prijs|price)$", last[0]):
        found.add(PRICE)
    if re.search("(bezeichnung|name|naam|text)$", last[0]):
        found.add(NAME)
    return found


def is_modified(name: str, modifier: str) -> bool:
    """Whether a name says `total` or `unit`, so that a price is one of a whole line or of one piece."""
    return matches(name, _MODIFIERS[modifier])


def role_score(name: str, role: str) -> float:
    """How well a column's name fits a role, from 0."""
    found = kinds(name)
    if role == "units":
        return 3.0 if COUNT in found and PRICE not in found and ID not in found else 0.0
    if role == "product_name":
        is_product = matches(name, ROLE_STEMS["product_id"]) and not found & {ID, PRICE, COUNT, DAY}
        if NAME in found and not any(matches(name, ROLE_STEMS[other]) for other in ("customer_id", "store_id")):
            return 4.0 if is_product or matches(name, ROLE_STEMS["product_id"]) else 3.0
        return 1.5 if is_product else 0.0
    if not matches(name, ROLE_STEMS[role]):
        return 0.0
    score = 3.0
    if role.endswith("_id"):
        score -= 4.0 if words(name)[0] in _SUMS and len(words(name)) > 1 else 0.0
        score += 1.0 if ID in found else 0.0
        score -= 3.0 if found & {NAME, DAY, MOMENT_OF_DAY, PRICE, COUNT} - _own_kinds(name, role) else 0.0
        if role == "product_id" and matches(name, ("category", "type", "group", "gruppe", "size", "class", "family")):
            score -= 3.0
    elif role == "sold_at":
        score += 1.0 if DAY in found else 0.0
        score -= 2.5 if matches(name, _OTHER_DAYS) else 0.0
    elif role == "discount_amount":
        score -= 3.0 if re.search("%|pct|percent|prozent|rate", name.lower()) else 0.0
    elif role == "sales_amount":
        score -= 2.5 if found & {ID, DAY, NAME, COUNT} else 0.0
        score -= 1.5 if PRICE in found and not is_modified(name, "total") else 0.0
        score += 0.5 if is_modified(name, "total") or matches(name, ("sales", "umsatz", "revenue", "amount")) else 0.0
    return max(score, 0.0)


def _own_kinds(name: str, role: str) -> set[str]:
    """Kinds that a role's own stems happen to name, too: ``stock``, ``data``, ``unit``."""
    return {COUNT} if role == "product_id" and "stock" in words(name) else set()
