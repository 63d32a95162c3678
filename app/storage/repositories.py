"""The repositories over one database, as the storage thread and the command line use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.storage.comparisons import ComparisonRepository
from app.storage.database import Database
from app.storage.encounters import EncounterRepository
from app.storage.feedback import FeedbackRepository
from app.storage.notes import NoteRepository
from app.storage.people import PeopleRepository
from app.storage.pseudonyms import Pseudonyms
from app.storage.reviews import ReviewRepository
from app.storage.signing import SigningRepository
from app.storage.stays import StayRepository
from app.storage.ward import WardRepository


@dataclass(frozen=True, slots=True)
class Repositories:
    """Everything that is stored. Belongs to the thread that opened it."""

    database: Database
    encounters: EncounterRepository
    notes: NoteRepository
    comparisons: ComparisonRepository
    feedback: FeedbackRepository
    ward: WardRepository
    stays: StayRepository
    people: PeopleRepository
    signing: SigningRepository
    reviews: ReviewRepository

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_repositories(database_path: Path, key_path: Path, doctor: str, *, encrypt_new: bool = False) -> Repositories:
    """Open the database (see `Database.open`) and the pseudonym key. Raises DatabaseFault or EnvironmentFault."""
    database = Database.open(database_path, encrypt_new=encrypt_new)
    try:
        with database.transaction():
            pseudonyms = Pseudonyms.load(key_path)
        notes, encounters = NoteRepository(database), EncounterRepository(database)
        feedback = FeedbackRepository(database)
        return Repositories(
            database,
            encounters,
            notes,
            ComparisonRepository(database, pseudonyms, doctor),
            feedback,
            WardRepository(database),
            StayRepository(database),
            PeopleRepository(database),
            SigningRepository(database, notes, encounters, feedback),
            ReviewRepository(database),
        )
    except BaseException:
        database.close()
        raise
