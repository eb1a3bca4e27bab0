"""Invented exports of WHOOP, and the header rows under which its exports come, language by language."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from adapters.whoop.export import normalize_csv
from poise_sdk.records import RawDocument, Rejected
from poise_sdk.wearable import Item

__all__ = [
    "CYCLES",
    "HEADERS",
    "JOURNAL",
    "SLEEPS",
    "WORKOUTS",
    "cells",
    "csv_of",
    "only",
    "read",
    "refused",
    "zipped",
]

_R = TypeVar("_R")

_CYCLE: Final = "Cycle start time,Cycle end time,Cycle timezone"
_SLEEP: Final = (
    "Sleep onset,Wake onset,Sleep performance %,Respiratory rate (rpm),Asleep duration (min),"
    "In bed duration (min),Light sleep duration (min),Deep (SWS) duration (min),REM duration (min),"
    "Awake duration (min),Sleep need (min),Sleep debt (min),Sleep efficiency %,Sleep consistency %"
)
_BODY: Final = (
    "Recovery score %,Resting heart rate (bpm),Heart rate variability (ms),Skin temp (celsius),"
    "Blood oxygen %,Day Strain,Energy burned (cal),Max HR (bpm),Average HR (bpm)"
)

CYCLES: Final = f"{_CYCLE},{_BODY},{_SLEEP}"
SLEEPS: Final = f"{_CYCLE},{_SLEEP},Nap"
WORKOUTS: Final = (
    f"{_CYCLE},Workout start time,Workout end time,Duration (min),Activity name,Activity Strain,"
    "Energy burned (cal),Max HR (bpm),Average HR (bpm),HR Zone 1 %,HR Zone 2 %,HR Zone 3 %,HR Zone 4 %,"
    "HR Zone 5 %,GPS enabled,Distance (meters),Altitude gain (meters),Altitude change (meters)"
)
JOURNAL: Final = f"{_CYCLE},Question text,Answered yes,Notes"

#: The header row of each file, by language. The GPS columns are only known in English.
HEADERS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "en": (CYCLES, SLEEPS, WORKOUTS, JOURNAL),
    "de": (
        "Startzeit des Zyklus,Endzeit des Zyklus,Zeitzone des Zyklus,Erholungswert %,"
        "Ruheherzfrequenz (Schläge pro Minute),Herzfrequenzvariabilität (ms),Hauttemperatur (Celsius),"
        "Blutsauerstoff %,Tagesbelastung,Verbrannte Energie (cal),Max HF (Schläge pro Minute),"
        "Durchschnittliche HF (Schläge pro Minute),Beginn des Schlafs,Beginn des Aufwachens,"
        "Schlafleistung %,Atemfrequenz (Atemzüge/Min.),Schlafdauer (Min.),Dauer im Bett (Min.),"
        "Dauer des Leichtschlafs (Min.),Dauer des Tiefschlafs (Min.),Dauer des REM-Schlafs (Min.),"
        "Dauer des Aufwachens (Min.),Schlafbedarf (min.),Schlafdefizit (min.),Schlafeffizienz %,"
        "Schlafbeständigkeit %",
        "Startzeit des Zyklus,Endzeit des Zyklus,Zeitzone des Zyklus,Beginn des Schlafs,"
        "Beginn des Aufwachens,Schlafleistung %,Atemfrequenz (Atemzüge/Min.),Schlafdauer (Min.),"
        "Dauer im Bett (Min.),Dauer des Leichtschlafs (Min.),Dauer des Tiefschlafs (Min.),"
        "Dauer des REM-Schlafs (Min.),Dauer des Aufwachens (Min.),Schlafbedarf (min.),"
        "Schlafdefizit (min.),Schlafeffizienz %,Schlafbeständigkeit %,Nickerchen",
        "Startzeit des Zyklus,Endzeit des Zyklus,Zeitzone des Zyklus,Startzeit des Trainings,"
        "Endzeit des Trainings,Dauer (Min.),Name der Aktivität,Aktivitätsbelastung,"
        "Verbrannte Energie (cal),Max HF (Schläge pro Minute),Durchschnittliche HF (Schläge pro Minute),"
        "HF-Zone 1 %,HF-Zone 2 %,HF-Zone 3 %,HF-Zone 4 %,HF-Zone 5 %,GPS aktiviert",
        "Startzeit des Zyklus,Endzeit des Zyklus,Zeitzone des Zyklus,Fragetext,Beantwortet mit Ja,"
        "Anmerkungen",
    ),
    "es": (
        "Hora de inicio del ciclo,Hora de finalización del ciclo,Zona horaria del ciclo,"
        "Puntuación de recuperación (%),Frecuencia cardíaca en reposo (lpm),"
        "Variabilidad de la frecuencia cardíaca (ms),Temp. cutánea (grados centígrados),"
        "Oxígeno en sangre %,Esfuerzo del día,Energía quemada (cal),FC máx. (lpm),FC promedio (lpm),"
        "Inicio del sueño,Inicio de la vigilia,Calificación del sueño (%),Frecuencia respiratoria (rpm),"
        "Duración del sueño (min),Tiempo en la cama (min),Duración de sueño ligero (min),"
        "Duración de sueño profundo (SWS) (min),Duración de sueño REM (min),Tempo despierto/a (min),"
        "Sueño necesario (min),Deuda de sueño (min),Eficiencia del sueño %,Regularidad del sueño %",
        "Hora de inicio del ciclo,Hora de finalización del ciclo,Zona horaria del ciclo,Inicio del sueño,"
        "Inicio de la vigilia,Calificación del sueño (%),Frecuencia respiratoria (rpm),"
        "Duración del sueño (min),Tiempo en la cama (min),Duración de sueño ligero (min),"
        "Duración de sueño profundo (SWS) (min),Duración de sueño REM (min),Tempo despierto/a (min),"
        "Sueño necesario (min),Deuda de sueño (min),Eficiencia del sueño %,Regularidad del sueño %,Siesta",
        "Hora de inicio del ciclo,Hora de finalización del ciclo,Zona horaria del ciclo,"
        "Hora de inicio del entrenamiento,Hora de finalización del entrenamiento,Duración (min),"
        "Nombre de la actividad,Esfuerzo de actividad,Energía quemada (cal),FC máx. (lpm),"
        "FC promedio (lpm),Zona FC 1%,Zona FC 2%,Zona FC 3%,Zona FC 4%,Zona FC 5%,GPS habilitado",
        "Hora de inicio del ciclo,Hora de finalización del ciclo,Zona horaria del ciclo,"
        'Texto de la pregunta,"Respondió ""Sí""",Notas',
    ),
    "fr": (
        "Heure de début du cycle,Heure de fin du cycle,Fuseau horaire du cycle,Score de récupération %,"
        "Fréquence cardiaque au repos (bpm),Variabilité de la fréquence cardiaque (ms),"
        "Température cutanée (Celsius),Niveau d’oxygène %,Effort du jour,Dépense énergétique (cal.),"
        "FC max. (bpm),FC moyenne (bpm),Premiers signes de sommeil,Premiers signes de réveil,"
        "Performance Sommeil %,Fréquence respiratoire (tr/min),Durée du sommeil (min),"
        "Temps passé au lit (min),Durée du sommeil léger (min),Durée du sommeil profond (min),"
        "Durée du sommeil paradoxal (min),Temps d'éveil (min),Besoins en sommeil (min),"
        "Dette de sommeil (min),Efficacité du sommeil %,Régularité du sommeil %",
        "Heure de début du cycle,Heure de fin du cycle,Fuseau horaire du cycle,Premiers signes de sommeil,"
        "Premiers signes de réveil,Performance Sommeil %,Fréquence respiratoire (tr/min),"
        "Durée du sommeil (min),Temps passé au lit (min),Durée du sommeil léger (min),"
        "Durée du sommeil profond (min),Durée du sommeil paradoxal (min),Temps d'éveil (min),"
        "Besoins en sommeil (min),Dette de sommeil (min),Efficacité du sommeil %,"
        "Régularité du sommeil %,Sieste",
        "Heure de début du cycle,Heure de fin du cycle,Fuseau horaire du cycle,"
        "Heure de début de l'entraînement,Heure de fin de l'entraînement,Durée (min),Nom de l'activité,"
        "Effort activité,Dépense énergétique (cal.),FC max. (bpm),FC moyenne (bpm),Zone FC 1\u00a0%,"
        "Zone FC 2\u00a0%,Zone FC 3\u00a0%,Zone FC 4\u00a0%,Zone FC 5\u00a0%,GPS activé",
        # nobody has shown the French journal: the last three are found by their places
        "Heure de début du cycle,Heure de fin du cycle,Fuseau horaire du cycle,Texte de la question,"
        "Coché,Commentaires",
    ),
    "pt": (
        "Hora de início do ciclo,Hora de fim do ciclo,Fuso horário do ciclo,Pontuação de recuperação %,"
        "Frequência cardíaca em repouso (bpm),Variabilidade da frequência cardíaca (ms),"
        "Temp. da pele (celsius),% de oxigênio no sangue,Esforço diário,Energia queimada (cal),"
        "FC máx. (bpm),FC média (bpm),Início do sono,Início da vigília,Desempenho do sono %,"
        "Frequência respiratória (rpm),Duração do sono (min),Duração na cama (min),"
        "Duração do sono leve (min),Duração profundo (Sono) (min),Duração REM (min),"
        "Duração de vigília (min),Necessidade de sono (min),Débito de sono (min),Eficácia do sono %,"
        "Consistência do sono %",
        "Hora de início do ciclo,Hora de fim do ciclo,Fuso horário do ciclo,Início do sono,"
        "Início da vigília,Desempenho do sono %,Frequência respiratória (rpm),Duração do sono (min),"
        "Duração na cama (min),Duração do sono leve (min),Duração profundo (Sono) (min),"
        "Duração REM (min),Duração de vigília (min),Necessidade de sono (min),Débito de sono (min),"
        "Eficácia do sono %,Consistência do sono %,Sesta",
        "Hora de início do ciclo,Hora de fim do ciclo,Fuso horário do ciclo,Hora de início do treino,"
        "Hora de fim do treino,Duração (min),Nome da atividade,Esforço da atividade,"
        "Energia queimada (cal),FC máx. (bpm),FC média (bpm),Zona 1 de FC %,Zona 2 de FC %,"
        "Zona 3 de FC %,Zona 4 de FC %,Zona 5 de FC %,GPS ativado",
        "Hora de início do ciclo,Hora de fim do ciclo,Fuso horário do ciclo,Texto de pergunta,"
        "Respondeu sim,Notas",
    ),
}

_DEFAULTS: Final = {
    "Cycle start time": "2025-03-11 22:48:33",
    "Cycle end time": "2025-03-12 23:20:03",
    "Cycle timezone": "UTC-05:00",
    "Recovery score %": "59",
    "Resting heart rate (bpm)": "55",
    "Heart rate variability (ms)": "95",
    "Skin temp (celsius)": "34.28",
    "Blood oxygen %": "95.60",
    "Day Strain": "10.3",
    "Energy burned (cal)": "2388",
    "Max HR (bpm)": "143",
    "Average HR (bpm)": "73",
    "Sleep onset": "2025-03-11 22:48:33",
    "Wake onset": "2025-03-12 06:57:56",
    "Sleep performance %": "72",
    "Respiratory rate (rpm)": "17.6",
    "Asleep duration (min)": "463",
    "In bed duration (min)": "489",
    "Light sleep duration (min)": "224",
    "Deep (SWS) duration (min)": "101",
    "REM duration (min)": "138",
    "Awake duration (min)": "26",
    "Sleep need (min)": "596",
    "Sleep debt (min)": "119",
    "Sleep efficiency %": "94",
    "Sleep consistency %": "75",
    "Nap": "false",
    "Workout start time": "2025-03-12 17:10:00",
    "Workout end time": "2025-03-12 17:56:20",
    "Duration (min)": "46",
    "Activity name": "Weightlifting",
    "Activity Strain": "8.4",
    "HR Zone 1 %": "34",
    "HR Zone 2 %": "41",
    "HR Zone 3 %": "17",
    "HR Zone 4 %": "7",
    "HR Zone 5 %": "1",
    "GPS enabled": "false",
    "Distance (meters)": "",
    "Altitude gain (meters)": "",
    "Altitude change (meters)": "",
    "Question text": "Read a book?",
    "Answered yes": "true",
    "Notes": "",
}


def cells(header: str, **changed: str) -> list[str]:
    """One row below an English ``header``; what differs from an ordinary one by the beginning of its name."""
    names = header.split(",")
    row = [_DEFAULTS[name] for name in names]
    for name, value in changed.items():
        (at,) = (at for at, known in enumerate(names) if _slug(known).startswith(name))
        row[at] = value
    return row


def csv_of(header: str, *rows: Iterable[str]) -> bytes:
    """A document with these cells; those with a comma, a quote or a line's end are quoted."""
    return ("\n".join([header, *(",".join(map(_quoted, row)) for row in rows)]) + "\n").encode()


def read(content: bytes | str, name: str = "export.csv") -> list[Item]:
    """What a document says."""
    raw = content.encode() if isinstance(content, str) else content
    return list(normalize_csv(RawDocument(name=name, content=raw)))


def only(kind: type[_R], items: Iterable[object]) -> _R:
    """The only item of its kind."""
    (item,) = (item for item in items if isinstance(item, kind))
    return item


def refused(items: Iterable[object]) -> list[tuple[int | None, str | None, bool]]:
    """Row, field, and whether the row was kept, of all rejections."""
    return [(item.row, item.field, item.kept) for item in items if isinstance(item, Rejected)]


def zipped(path: Path, members: Mapping[str, bytes], **options: Any) -> Path:
    """A ZIP with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _slug(name: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower()).split()
    return "_".join(words)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if set(cell) & set(',"\n\r') else cell
