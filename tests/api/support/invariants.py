"""What is true of a database between any two transactions: store/permissions.h."""

DAY_US = 86_400_000_000
LIMITED_CLASSES, LONG, EARLY = 5, 5, 6

# A moment as microseconds since 1970.
MOMENT = {"sqlite": "{}", "postgres": "(extract(epoch FROM {}) * 1000000)::bigint"}

GRANTS = """
    SELECT p.event_id, p.user_id, p.extent_class, CASE WHEN p.hidden THEN 1 ELSE 0 END AS hidden,
        {copied_start} AS copied_start, {start} AS start_time, {series_start} AS series_start,
        {series_end} AS series_end,
        CASE WHEN e.deleted_at IS NULL AND NOT p.refused THEN 0 ELSE 1 END AS unseen
    FROM event_permissions p JOIN events e ON e.id = p.event_id
"""
COUNTS = """
    SELECT u.id AS user_id,
        (SELECT coalesce(sum(c.events), 0) FROM event_counts c WHERE c.user_id = u.id) AS kept,
        (SELECT count(*) FROM event_permissions p JOIN events e ON e.id = p.event_id
            WHERE p.user_id = u.id AND e.deleted_at IS NULL AND NOT p.refused) AS counted
    FROM users u WHERE u.id NOT IN (SELECT user_id FROM departures)
"""

MEANINGS = """
    SELECT p.id, p.role_id, p.meaning FROM event_permissions p LEFT JOIN roles r ON r.id = p.role_id
    WHERE r.id IS NULL OR r.meaning <> p.meaning
"""

# What is not taken is what somebody gave, or whose it is, who is blocked: store/blocks.h. Not where
# a block, or its end, has yet to come, nor where who gave it has left and his blocks with him.
REFUSALS = """
    SELECT p.event_id, p.user_id, p.granted_by, e.owner_id, p.refused FROM event_permissions p
    JOIN events e ON e.id = p.event_id
    WHERE p.refused <> (e.owner_id <> p.user_id AND EXISTS (SELECT 1 FROM blocks b
        WHERE b.user_id = p.user_id AND b.blocked_id IN (p.granted_by, e.owner_id) AND NOT b.ended))
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.user_id = p.user_id
        AND b.blocked_id IN (p.granted_by, e.owner_id) AND b.place < p.event_id)
    AND (NOT p.refused OR EXISTS (SELECT 1 FROM users u WHERE u.id = p.granted_by))
"""

# What each person takes of his quotas: store/usage.h.
USAGE = """
    SELECT u.id AS user_id,
        (SELECT coalesce(sum(c.owned_events), 0) FROM event_counts c WHERE c.user_id = u.id)
            AS kept_events,
        (SELECT coalesce(sum(c.owned_bytes), 0) FROM event_counts c WHERE c.user_id = u.id)
            AS kept_bytes,
        (SELECT coalesce(sum(c.history_bytes), 0) FROM event_counts c WHERE c.user_id = u.id)
            AS kept_history,
        (SELECT coalesce(sum(c.given_roles), 0) FROM event_counts c WHERE c.user_id = u.id)
            AS kept_grants,
        (SELECT count(*) FROM event_permissions p
            WHERE p.granted_by = u.id AND p.granted_by <> p.user_id) AS grants,
        (SELECT count(*) FROM events e WHERE e.owner_id = u.id AND e.deleted_at IS NULL
            AND e.id NOT IN (SELECT event_id FROM removals)) AS events,
        (SELECT coalesce(sum(e.document_bytes), 0) FROM events e
            WHERE e.owner_id = u.id AND e.deleted_at IS NULL
            AND e.id NOT IN (SELECT event_id FROM removals)) AS bytes,
        (SELECT coalesce(sum(l.bytes), 0) FROM changelog l WHERE l.user_id = u.id)
            + (SELECT coalesce(sum(a.bytes), 0) FROM audit a WHERE a.user_id = u.id) AS history
    FROM users u
"""

# No references of the database: a line of the changelog names its version twice.
LOST_VERSIONS = """
    SELECT c.id, c.event_id, c.version_id, c.version_number
    FROM changelog c LEFT JOIN event_versions v ON v.id = c.version_id
    WHERE c.version_id IS NOT NULL AND (v.id IS NULL OR v.event_id <> c.event_id
        OR v.version_number <> c.version_number)
    AND c.event_id NOT IN (SELECT event_id FROM removals)
"""
OTHER_NEWEST = """
    SELECT e.id, e.version_number, max(v.version_number) AS newest, count(*) AS versions
    FROM events e LEFT JOIN event_versions v ON v.event_id = e.id
    WHERE e.id NOT IN (SELECT event_id FROM removals)
    GROUP BY e.id, e.version_number HAVING e.version_number <> coalesce(max(v.version_number), 0)
"""


def extent_class(start, series_start, series_end):
    """calendar/extent.h, said once more."""
    if series_start < start:
        return EARLY
    if series_end is None:
        return LONG
    return next((k for k in range(LIMITED_CLASSES) if series_end - start <= 8**k * DAY_US), LONG)


def broken(database):
    """Sentences about what is not true."""
    moment = MOMENT[database.name].format
    grants = GRANTS.format(
        copied_start=moment("p.start_time"),
        start=moment("e.start_time"),
        series_start=moment("e.series_start"),
        series_end=moment("e.series_end"),
    )
    queries = [grants, MEANINGS, REFUSALS, COUNTS, USAGE, LOST_VERSIONS, OTHER_NEWEST]
    found = iter(database.rows_of([(query, ()) for query in queries]))
    faults = []
    for row in next(found):
        extent = extent_class(row["start_time"], row["series_start"], row["series_end"])
        copies = (row["copied_start"], row["extent_class"], row["hidden"])
        if copies != (row["start_time"], extent, row["unseen"]):
            faults.append(f"the grant does not say what its event says: {row}")
    for row in next(found):
        faults.append(f"the grant does not mean what its role means: {row}")
    for row in next(found):
        faults.append(f"the grant is not refused as the blocks say: {row}")
    for row in next(found):
        if row["kept"] != row["counted"]:
            faults.append(f"the kept number of events is wrong: {row}")
    for row in next(found):
        for what in ("events", "bytes", "history", "grants"):
            if row[f"kept_{what}"] != row[what]:
                faults.append(f"the kept usage is wrong: {what} of {row}")
    for row in next(found):
        faults.append(f"a line of the changelog has another version than it says: {row}")
    for row in next(found):
        faults.append(f"the newest version is not that of the event: {row}")
    return faults
