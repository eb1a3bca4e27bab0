"""The ORM's models: single objects by one key. Tables with composite keys are handled by SQL."""

from storage.models.archive import RawDocumentEntry
from storage.models.clutch import ClutchDefinition
from storage.models.games import Game
from storage.models.jobs import Job
from storage.models.people import Athlete, Connection, Player, Team

__all__ = [
    "Athlete",
    "ClutchDefinition",
    "Connection",
    "Game",
    "Job",
    "Player",
    "RawDocumentEntry",
    "Team",
]
