"""Apple's words: what a record of a type is called here, and how its unit becomes ours.

Types and units are HealthKit's (``HKQuantityTypeIdentifier…``, ``HKUnit``'s string format). A type that is
not in :data:`QUANTITIES` has no place in the vocabulary; it is counted, and its records are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from poise_sdk.observations import SleepStage

__all__ = [
    "BODY_FIELDS",
    "CATEGORY_PREFIX",
    "HRV",
    "QUANTITIES",
    "QUANTITY_PREFIX",
    "SLEEP",
    "SLEEP_STAGES",
    "UNITS",
    "Conversion",
    "activity",
    "conversion",
    "short_type",
    "snake_case",
]

QUANTITY_PREFIX: Final = "HKQuantityTypeIdentifier"
CATEGORY_PREFIX: Final = "HKCategoryTypeIdentifier"
SLEEP: Final = f"{CATEGORY_PREFIX}SleepAnalysis"
HRV: Final = f"{QUANTITY_PREFIX}HeartRateVariabilitySDNN"

#: HealthKit's quantity type (without its prefix) → our metric and the kind of unit it is told in.
QUANTITIES: Final[Mapping[str, tuple[str, str]]] = {
    "HeartRate": ("hr_bpm", "rate"),
    "RestingHeartRate": ("resting_hr_bpm", "rate"),
    "WalkingHeartRateAverage": ("walking_hr_bpm", "rate"),
    "HeartRateRecoveryOneMinute": ("hr_recovery_bpm", "rate"),
    "HeartRateVariabilitySDNN": ("hrv_sdnn_ms", "milliseconds"),
    "RespiratoryRate": ("respiratory_rate_rpm", "rate"),
    "OxygenSaturation": ("spo2_pct", "percent"),
    "BodyTemperature": ("body_temp_c", "celsius"),
    "BasalBodyTemperature": ("body_temp_c", "celsius"),
    "AppleSleepingWristTemperature": ("skin_temp_c", "celsius"),
    "BloodGlucose": ("glucose_mg_dl", "glucose"),
    "BloodPressureSystolic": ("blood_pressure_systolic_mmhg", "pressure"),
    "BloodPressureDiastolic": ("blood_pressure_diastolic_mmhg", "pressure"),
    "VO2Max": ("vo2max_ml_kg_min", "oxygen"),
    "ActiveEnergyBurned": ("active_energy_kj", "kilojoules"),
    "BasalEnergyBurned": ("basal_energy_kj", "kilojoules"),
    "StepCount": ("steps", "count"),
    "DistanceWalkingRunning": ("distance_m", "metres"),
    "DistanceCycling": ("cycling_distance_m", "metres"),
    "DistanceSwimming": ("swimming_distance_m", "metres"),
    "FlightsClimbed": ("floors", "count"),
    "AppleExerciseTime": ("exercise_min", "minutes"),
    "AppleStandTime": ("stand_min", "minutes"),
    "BodyMassIndex": ("bmi", "count"),
    "BodyMass": ("weight_kg", "kilograms"),
    "Height": ("height_m", "metres"),
    "BodyFatPercentage": ("body_fat_pct", "percent"),
    "LeanBodyMass": ("lean_mass_kg", "kilograms"),
}

#: Metrics that are fields of a :class:`~poise_sdk.observations.BodyMeasurement`, not readings.
BODY_FIELDS: Final = frozenset({"weight_kg", "height_m", "body_fat_pct", "lean_mass_kg"})


@dataclass(frozen=True, slots=True)
class Conversion:
    """``ours = value * factor + offset``; ``fraction``: up to 1 a share, above it a percentage already."""

    factor: float
    offset: float = 0.0
    fraction: bool = False

    def __call__(self, value: float) -> float:
        """The value in our unit."""
        if self.fraction:
            return value * 100 if abs(value) <= 1 else value
        return value * self.factor + self.offset


_ONE: Final = Conversion(1.0)
_MINUTE_S: Final = 60.0
#: Thermochemical calorie (ISO 80000-5): exactly 4.184 J. HealthKit's ``Cal`` is a kilocalorie.
_KCAL_KJ: Final = 4.184
#: International pound and foot (1959): exactly 0.45359237 kg and 0.3048 m.
_POUND_KG: Final = 0.45359237
_FOOT_M: Final = 0.3048
#: Molar mass of glucose in HealthKit's unit ``mmol<180.1558800000541>/L``, as mg/dL per mmol/L.
_GLUCOSE_MG_DL: Final = 18.015588
#: Conventional millimetre of mercury: 133.322 Pa.
_KPA_MMHG: Final = 1 / 0.133322

#: Kind of unit → unit as HealthKit writes it → how it becomes ours.
UNITS: Final[Mapping[str, Mapping[str, Conversion]]] = {
    "rate": {"count/min": _ONE, "bpm": _ONE, "count/s": Conversion(_MINUTE_S), "Hz": Conversion(_MINUTE_S)},
    "milliseconds": {"ms": _ONE, "s": Conversion(1000.0)},
    "percent": {"%": Conversion(100.0, fraction=True)},
    "celsius": {
        "degC": _ONE,
        "degF": Conversion(5 / 9, -160 / 9),
        "K": Conversion(1.0, -273.15),
    },
    "glucose": {
        "mg/dL": _ONE,
        "mg/L": Conversion(0.1),
        "mmol/L": Conversion(_GLUCOSE_MG_DL),
        "mmol<180.1558800000541>/L": Conversion(_GLUCOSE_MG_DL),
    },
    "pressure": {"mmHg": _ONE, "kPa": Conversion(_KPA_MMHG), "Pa": Conversion(_KPA_MMHG / 1000)},
    "oxygen": {
        "mL/min·kg": _ONE,
        "mL/(kg·min)": _ONE,
        "mL/kg/min": _ONE,
        "ml/kg/min": _ONE,
        "mL/kg·min": _ONE,
    },
    "kilojoules": {
        "kJ": _ONE,
        "kcal": Conversion(_KCAL_KJ),
        "Cal": Conversion(_KCAL_KJ),
        "cal": Conversion(_KCAL_KJ / 1000),
        "J": Conversion(0.001),
    },
    "count": {"count": _ONE, "steps": _ONE, "": _ONE},
    "metres": {
        "m": _ONE,
        "km": Conversion(1000.0),
        "cm": Conversion(0.01),
        "mi": Conversion(5280 * _FOOT_M),
        "ft": Conversion(_FOOT_M),
        "yd": Conversion(3 * _FOOT_M),
        "in": Conversion(_FOOT_M / 12),
    },
    "minutes": {
        "min": _ONE,
        "s": Conversion(1 / _MINUTE_S),
        "sec": Conversion(1 / _MINUTE_S),
        "hr": Conversion(60.0),
        "h": Conversion(60.0),
    },
    "kilograms": {
        "kg": _ONE,
        "g": Conversion(0.001),
        "lb": Conversion(_POUND_KG),
        "oz": Conversion(_POUND_KG / 16),
        "st": Conversion(_POUND_KG * 14),
    },
}

_SLEEP_VALUE: Final = "HKCategoryValueSleepAnalysis"
#: HealthKit's values of sleep analysis; before iOS 16 there were only ``InBed``, ``Asleep`` and ``Awake``.
SLEEP_STAGES: Final[Mapping[str, SleepStage]] = {
    f"{_SLEEP_VALUE}InBed": SleepStage.IN_BED,
    f"{_SLEEP_VALUE}Asleep": SleepStage.ASLEEP,
    f"{_SLEEP_VALUE}AsleepUnspecified": SleepStage.ASLEEP,
    f"{_SLEEP_VALUE}AsleepCore": SleepStage.LIGHT,
    f"{_SLEEP_VALUE}AsleepDeep": SleepStage.DEEP,
    f"{_SLEEP_VALUE}AsleepREM": SleepStage.REM,
    f"{_SLEEP_VALUE}Awake": SleepStage.AWAKE,
}

_ACTIVITY_PREFIX: Final = "HKWorkoutActivityType"
#: Letters of every language: names come in the phone's too.
_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|\d+")


def conversion(kind: str, unit: str) -> Conversion | None:
    """How ``unit`` of a kind becomes ours; ``None`` for a unit that is not known."""
    return UNITS[kind].get(unit)


def short_type(name: str) -> str:
    """A type without HealthKit's prefix, as people know it: ``HeartRate``."""
    return name.removeprefix(QUANTITY_PREFIX).removeprefix(CATEGORY_PREFIX)


def snake_case(name: str) -> str:
    """``HighIntensityIntervalTraining`` and ``High Intensity Interval Training`` alike."""
    return "_".join(_WORD.findall(name)).lower() or "other"


def activity(name: str) -> str:
    """A workout's activity type in snake_case: ``HKWorkoutActivityTypeRunning`` → ``running``."""
    return snake_case(name.removeprefix(_ACTIVITY_PREFIX))
