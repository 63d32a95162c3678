"""Counting what was generated and what became of it."""

from __future__ import annotations

from app.core.statistics import ModelRun, Share, Statistics, Usage, model_figures
from app.storage.database import Database

_USAGE = """SELECT t.task, e.department, substr(e.admitted_at, 1, 7) AS month, count(*) AS stays,
        count(u.encounter_id) AS used
    FROM encounters e CROSS JOIN (SELECT DISTINCT task FROM generations) t
    LEFT JOIN (SELECT DISTINCT c.encounter_id, g.task FROM generations g JOIN comparisons c USING (comparison_id)) u
        ON u.encounter_id = e.encounter_id AND u.task = t.task
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
_RUNS = """SELECT g.model_title || ' ' || substr(g.model_sha256, 1, 8) AS model, g.ttft_ms, g.duration_ms,
        coalesce(f.backfilled, 0), coalesce(v.up, 0), coalesce(v.down, 0), coalesce(f.errors, 0), f.edit
    FROM generations g LEFT JOIN (
        SELECT generation_id, max(kind = 'backfill') AS backfilled, sum(kind = 'error_reported') AS errors,
            avg(CASE kind WHEN 'edited' THEN (json_extract(data, '$.added') + json_extract(data, '$.struck')) * 1.0
                / max(1, length(json_extract(data, '$.inserted'))) END) AS edit
        FROM feedback_events INDEXED BY feedback_events_outcomes
        WHERE kind IN ('backfill', 'edited', 'error_reported') GROUP BY generation_id
    ) f USING (generation_id) LEFT JOIN (
        SELECT generation_id, sum(vote = 'up') AS up, sum(vote = 'down') AS down FROM (
            SELECT generation_id, json_extract(data, '$.vote') AS vote
            FROM feedback_events AS one INDEXED BY feedback_events_votes
            WHERE kind = 'vote' AND item = '' AND NOT EXISTS (
                SELECT 1 FROM feedback_events AS later INDEXED BY feedback_events_votes
                WHERE later.kind = 'vote' AND later.item = '' AND later.generation_id = one.generation_id
                    AND later.actor = one.actor AND later.seq > one.seq))
        GROUP BY generation_id
    ) v USING (generation_id)"""
_ERRORS = """SELECT json_extract(data, '$.type') AS type, count(*) AS reports FROM feedback_events
    WHERE kind = 'error_reported' GROUP BY 1 ORDER BY 2 DESC, 1"""


class StatisticsRepository:
    """Figures of the whole database."""

    def __init__(self, database: Database) -> None:
        """Nothing is read yet."""
        self._database = database

    def read(self) -> Statistics:
        """All figures, of one state of the database."""
        with self._database.snapshot() as sql:
            usage = tuple(
                Usage(task, department or "（未填科室）", month, Share(used, stays))
                for task, department, month, stays, used in sql.execute(_USAGE)
            )
            models = model_figures(
                ModelRun(model, ttft, duration, bool(backfilled), up, down, errors, edit)
                for model, ttft, duration, backfilled, up, down, errors, edit in sql.execute(_RUNS)
            )
            return Statistics(usage, models, {str(kind): reports for kind, reports in sql.execute(_ERRORS)})
