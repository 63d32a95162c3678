"""What must hold of signatures and moves in the database, whatever was done in whatever order."""

from __future__ import annotations

import json
from typing import Any

from app.storage.codec import provenance_of, text_hash

# A text that is amended and signed as it was keeps its version: the newest act counts.
_SIGNED = """SELECT n.sections, n.provenance, v.sections, a.text_hash FROM notes n
    JOIN note_versions v ON v.note_id = n.note_id AND v.version = n.signed_version
    JOIN note_acts a ON a.note_id = n.note_id AND a.version = n.signed_version AND a.kind = 'signed'
    WHERE n.state = 'signed' AND a.seq = (
        SELECT max(seq) FROM note_acts s WHERE s.note_id = n.note_id AND s.kind = 'signed')"""


def assert_signed_as_kept(sql: Any) -> None:
    """Each signed note has its version and its act, all three of one text, with no unreviewed sentence of a model."""
    rows = sql.execute(_SIGNED).fetchall()
    (signed,) = sql.execute("SELECT count(*) FROM notes WHERE state = 'signed'").fetchone()
    assert len(rows) == signed, "a signed note without its version or its act"
    for sections, provenance, kept, hashed in rows:
        assert sections == kept, "a signed text changed"
        assert hashed == text_hash(kept), "another text was signed"
        assert all(span.reviewed for span in provenance_of(provenance)), "signed with unreviewed AI text"


def assert_acts_in_order(sql: Any) -> None:
    """Between two signatures of a note lies exactly one amendment, and its state is what its last act made of it."""
    kinds: dict[str, list[str]] = {}
    for note_id, kind in sql.execute("SELECT note_id, kind FROM note_acts WHERE kind <> 'reviewed' ORDER BY seq"):
        kinds.setdefault(note_id, []).append(kind)
    for note_id, done in kinds.items():
        assert done == [("signed", "amended")[turn % 2] for turn in range(len(done))], "an act twice"
        (state,) = sql.execute("SELECT state FROM notes WHERE note_id = ?", [note_id]).fetchone()
        assert (state == "signed") == (done[-1] == "signed")


def assert_moves_lead_here(sql: Any) -> None:
    """A stay's moves, one after the other from its admission, lead to the person and the bed that it has."""
    there: dict[str, dict[str, str]] = {}
    for encounter_id, before, after in sql.execute('SELECT encounter_id, "before", "after" FROM moves ORDER BY seq'):
        place = there.setdefault(encounter_id, {})
        for name, text in json.loads(before).items():
            assert place.get(name, "") == text, f"a move from another {name} than the last one left"
        place.update(json.loads(after))
    for encounter_id, patient_id, bed in sql.execute("SELECT encounter_id, patient_id, bed FROM encounters"):
        place = there[encounter_id]
        assert (place["patient_id"], place["bed"]) == (patient_id, bed)
