"""All that a database holds, in a form that does not depend on its kind: what a backup carries."""

import datetime
import json

from support import program

# What a backup has no rows of: src/store/tables.c.
LEFT_OUT = {"sessions", "idempotency_keys", "login_attempts", "schema_version"}
JSON_COLUMNS = {"changes", "data", "changed_fields", "recurrence_pattern", "recurrence_overrides",
                "detail", "local_times"}
TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%'"
    " ESCAPE '\\' ORDER BY name",
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def neutral(column, value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime.datetime):
        since = (value if value.tzinfo else value.replace(tzinfo=EPOCH.tzinfo)) - EPOCH
        return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds
    if column in JSON_COLUMNS and value is not None:
        document = json.loads(value) if isinstance(value, str) else value
        return json.dumps(document, sort_keys=True, ensure_ascii=False)
    return value


def contents(database):
    """{table: its rows, each as a text, in order}"""
    found = {}
    for table in database.rows(TABLES[database.name]):
        if table["name"] in LEFT_OUT:
            continue
        found[table["name"]] = sorted(
            json.dumps({name: neutral(name, row[name]) for name in sorted(row)})
            for row in database.rows(f"SELECT * FROM {table['name']}")
        )
    return found


def same(one, two):
    """Nothing, or the first difference."""
    for table in sorted(one.keys() | two.keys()):
        for left, right in zip(one.get(table, []), two.get(table, [])):
            assert left == right, f"{table}:\n{left}\n{right}"
        assert len(one.get(table, [])) == len(two.get(table, [])), table


def backed_up(database, file, **settings):
    done = program.run(database, "backup", str(file), timeout=600, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout


def restored(database, file, *options, **settings):
    done = program.run(database, "restore", str(file), *options, timeout=600, **settings)
    assert done.returncode == 0, done.stderr
    return done.stdout
