"""The table of diagnoses in force: the one that comes with the program, and the hospital's file after it."""

from __future__ import annotations

from pathlib import Path

from app.core.diagnosis_table import DiagnosisTable
from app.core.errors import EnvironmentFault
from app.infra.resources import resource_text

HOSPITAL_FILE = "diagnoses.csv"


def diagnosis_table(data_dir: Path) -> DiagnosisTable:
    """The table for a data folder. Raises EnvironmentFault if the hospital's file cannot be used."""
    own = resource_text("terms", "diagnoses.csv")
    path = data_dir / HOSPITAL_FILE
    try:
        return DiagnosisTable.parse(own, path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return DiagnosisTable.parse(own)
    except UnicodeDecodeError:
        raise EnvironmentFault(f"{path} 不是 UTF-8 文字：请在 Excel 中另存为“CSV UTF-8”后重试。") from None
    except OSError as error:
        raise EnvironmentFault(f"无法读取 {path}：{error.strerror}。") from error
    except EnvironmentFault as fault:
        raise EnvironmentFault(f"{path}：{fault}") from None
