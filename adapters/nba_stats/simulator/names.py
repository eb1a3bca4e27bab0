"""Invented clubs and people.

No name belongs to a real club or player. Ids lie in the vendor's number ranges (teams ``16106…``,
people seven digits) but above every id the vendor has given out, so that an invented league can
stand beside real games in one database.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "CLUBS",
    "FAMILY_HEADS",
    "FAMILY_TAILS",
    "FIRST_GAME_NUMBER",
    "FIRST_NAMES",
    "FIRST_OFFICIAL_ID",
    "FIRST_PLAYER_ID",
    "FIRST_TEAM_ID",
    "Club",
]

FIRST_TEAM_ID = 1610690001
FIRST_PLAYER_ID = 1990001
FIRST_OFFICIAL_ID = 1980001
#: Real seasons number their games from 1 to about 1,300.
FIRST_GAME_NUMBER = 90001


class Club(NamedTuple):
    """An invented club and its hall."""

    city: str
    name: str
    tricode: str
    arena: str


CLUBS = (
    Club("Aldermoor", "Kestrels", "ALM", "Kestrel Hall"),
    Club("Brinehaven", "Lanterns", "BRH", "Lamplight Arena"),
    Club("Coldspire", "Ravens", "CSP", "The Spire"),
    Club("Dunmarrow", "Foxes", "DNM", "Marrow Field House"),
    Club("Eastvale", "Comets", "EVL", "Vale Center"),
    Club("Farrowgate", "Millers", "FRG", "Millstone Arena"),
    Club("Glasswater", "Otters", "GLW", "Glasswater Pavilion"),
    Club("Harrowmere", "Bells", "HRM", "Belfry Court"),
    Club("Ironquay", "Anchors", "IQY", "The Drydock"),
    Club("Juniper Falls", "Rapids", "JPF", "Cascade Center"),
    Club("Kingsfen", "Hounds", "KGF", "Kennel Gardens"),
    Club("Larkspur Bay", "Sails", "LKB", "Baywater Arena"),
    Club("Marrowstone", "Badgers", "MRS", "Sett Arena"),
    Club("Northmoor", "Owls", "NMR", "Moorlight Hall"),
    Club("Oakhollow", "Stags", "OKH", "Hollow Center"),
    Club("Pinegarth", "Wardens", "PGW", "Garth Arena"),
    Club("Quarrydene", "Hammers", "QRD", "Quarry Floor"),
    Club("Redthorn", "Vipers", "RTN", "Thorn Center"),
    Club("Saltmarsh", "Cranes", "SLM", "Reedbed Arena"),
    Club("Tallowick", "Candles", "TLW", "Wick Hall"),
    Club("Umberfield", "Oxen", "UMB", "Umber Grounds"),
    Club("Vellumport", "Scribes", "VLP", "Inkwell Arena"),
    Club("Westering", "Gulls", "WSG", "Sunset Pavilion"),
    Club("Yarrowdale", "Bees", "YRD", "The Hive"),
    Club("Zephyr City", "Kites", "ZPC", "Windward Center"),
    Club("Ashenholm", "Embers", "ASH", "Hearth Arena"),
    Club("Birchmount", "Elks", "BMT", "Birch Court"),
    Club("Coppergate", "Pennies", "CPG", "The Mint"),
    Club("Driftmoor", "Tides", "DFM", "Tidal Center"),
    Club("Elmstead", "Thistles", "EMS", "Thistle Hall"),
)

FIRST_NAMES = (
    "Abel", "Alaric", "Amari", "Anton", "Bastian", "Benoît", "Bram", "Caleb", "Cassius", "Cato",
    "Corin", "Dario", "Davor", "Desmond", "Edmar", "Elias", "Emeka", "Ezra", "Faris", "Felix",
    "Gideon", "Goran", "Hakeem", "Hollis", "Idris", "Ingo", "Isandro", "Jarek", "Joaquim", "Jory",
    "Kaspar", "Keon", "Kofi", "Lando", "Leif", "Lucan", "Malik", "Marek", "Mateo", "Nils",
    "Obi", "Orson", "Osman", "Pavel", "Quincy", "Rafe", "Rémy", "Rowan", "Sandor", "Silas",
    "Söl", "Tariq", "Teodor", "Thane", "Ulric", "Vaughn", "Viktor", "Wendell", "Xavi", "Yannick",
    "Yusuf", "Zander", "Zeno", "Zoltan",
)  # fmt: skip

FAMILY_HEADS = (
    "Ard", "Bel", "Bral", "Cal", "Cor", "Dal", "Dor", "Eld", "Fal", "Fen", "Gar", "Hal", "Hol", "Ist",
    "Jar", "Kel", "Kor", "Lan", "Lor", "Mar", "Mel", "Nar", "Nev", "Ol", "Orm", "Pel", "Quil", "Ran",
    "Ros", "Sel", "Šor", "Tam", "Thal", "Tor", "Ul", "Val", "Ver", "Wel", "Yar", "Zan",
)  # fmt: skip

FAMILY_TAILS = (
    "abrook", "anwick", "aster", "avane", "beck", "bridd", "cander", "cott", "dahl", "denne", "dimar",
    "dovic", "ebourne", "egrove", "emoor", "endale", "fell", "gar", "hollin", "iscombe", "kesh", "lander",
    "mond", "mure", "nquist", "obi", "oré", "oway", "quist", "rell", "sby", "stane", "thorpe", "tinde",
    "ukas", "undo", "vant", "wick", "worth", "yard",
)  # fmt: skip
