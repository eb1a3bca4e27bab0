"""Names of activities. The interface names a sport in English, the export in the account's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from adapters.whoop.export.folding import words_of

__all__ = ["activity"]

#: The vendor's own word for an activity of no particular sport.
_GENERIC: Final = "activity"

#: By English name: what the commoner ones are called in German; Spanish; French; Portuguese; Italian.
_LOCAL: Final = {
    "activity": "Aktivität; Actividad; Activité; Atividade; Attività",
    "basketball": "Baloncesto; Básquetbol; Basquete; Basquetebol; Basket; Pallacanestro",
    "boxing": "Boxen; Boxeo; Boxe; Pugilato",
    "cycling": "Radfahren; Ciclismo; Cyclisme; Vélo",
    "dance": "Tanz; Tanzen; Baile; Danza; Danse; Dança",
    "elliptical": "Crosstrainer; Ellipsentrainer; Elíptica; Elliptique; Elíptico; Ellittica",
    "functional_fitness": "Funktionelle Fitness; Funktionelles Training; Fitness funcional; Entrenamiento "
    "funcional; Fitness fonctionnel; Treino funcional; Allenamento funzionale; Fitness funzionale",
    "golf": "Golfe",
    "hiking_rucking": "Wandern; Senderismo; Randonnée; Caminhada na natureza; Escursionismo",
    "ice_bath": "Eisbad; Baño de hielo; Bain de glace; Banho de gelo; Bagno di ghiaccio",
    "massage_therapy": "Massagetherapie; Terapia de masaje; Massothérapie; Massagem terapêutica",
    "meditation": "Meditación; Méditation; Meditação; Meditazione",
    "rowing": "Rudern; Remo; Aviron; Canottaggio",
    "running": "Laufen; Correr; Carrera; Course à pied; Course; Corrida; Corsa",
    "sauna": "Sauna",
    "skiing": "Skifahren; Esquí; Ski; Esqui; Sci",
    "soccer": "Fußball; Fútbol; Football européen; Futebol; Calcio",
    "stretching": "Dehnen; Estiramientos; Étirements; Alongamento",
    "swimming": "Schwimmen; Natación; Natation; Natação; Nuoto",
    "tennis": "Tenis; Tênis; Ténis",
    "volleyball": "Voleibol; Vôlei; Pallavolo",
    "walking": "Gehen; Spazieren; Spazierengehen; Caminar; Caminata; Marche; Caminhada; Camminata",
    "weightlifting": "Gewichtheben; Krafttraining; Levantamiento de pesas; Haltérophilie; Musculation; "
    "Levantamento de peso; Musculação; Sollevamento pesi",
    "yoga": "Ioga",
}

_ENGLISH: Final[Mapping[str, str]] = {
    "_".join(words_of(name)): english for english, names in _LOCAL.items() for name in names.split("; ")
}


def activity(label: str | None) -> str:
    """``Functional Fitness`` → ``functional_fitness``; the commoner local names as the English ones."""
    if label is None:
        return _GENERIC
    # A name in letters of another alphabet has no words here: it stays as it is.
    plain = "_".join(words_of(label)) or "_".join(label.lower().split())
    return _ENGLISH.get(plain, plain)
