"""The schema of a database as SQL that makes it once more: docs/schema.sql."""

import pathlib
import re

FILE = pathlib.Path(__file__).parents[3] / "docs" / "schema.sql"
HEAD = """\
-- Fasti's schema as it is after all migrations, for each kind of database. `fasti schema` prints
-- this; tests/api/test_schema.py compares it with new databases, and writes it:
-- FASTI_TEST_WRITE_SCHEMA=1 pytest tests/api/test_schema.py

"""
HEADINGS = {"sqlite": "-- == SQLite\n\n", "postgres": "-- == PostgreSQL\n\n"}

SQLITE = """
    SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
    ORDER BY tbl_name, type <> 'table', name
"""

TABLES = """
    SELECT c.oid, c.relname AS name, array_to_string(c.reloptions, ', ') AS options
    FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    ORDER BY c.relname
"""
COLUMNS = """
    SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS filled,
        pg_get_expr(d.adbin, d.adrelid) AS usual
    FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
CONSTRAINTS = """
    SELECT conname AS name, contype AS kind, pg_get_constraintdef(oid) AS text FROM pg_constraint
    WHERE conrelid = %s AND contype <> 'n' ORDER BY contype <> 'p', conname
"""
INDEXES = """
    SELECT pg_get_indexdef(i.indexrelid) AS text FROM pg_index i
    WHERE i.indrelid = %s AND NOT EXISTS
        (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid)
    ORDER BY i.indexrelid::regclass::text COLLATE "C"
"""


def column(table, row):
    made_by = f"nextval('{table}_{row['name']}_seq'::regclass)"
    if row["usual"] == made_by and row["type"] == "bigint":
        return f"{row['name']} bigserial"
    words = [f'"{row["name"]}"' if row["name"] == "timestamp" else row["name"], row["type"]]
    if row["usual"] is not None:
        words.append(f"DEFAULT {row['usual']}")
    if row["filled"]:
        words.append("NOT NULL")
    return " ".join(words)


def postgres_statements(database):
    """References come last, so that the tables may come in any order."""
    tables, references, indexes = [], [], []
    for table in database.rows(TABLES):
        name, oid = table["name"], table["oid"]
        lines = [column(name, row) for row in database.rows(COLUMNS, oid)]
        for row in database.rows(CONSTRAINTS, oid):
            constraint = f"CONSTRAINT {row['name']} {row['text']}"
            if row["kind"] == "f":
                references.append(f"ALTER TABLE {name} ADD {constraint}")
            else:
                lines.append(constraint)
        options = f" WITH ({table['options']})" if table["options"] else ""
        tables.append(f"CREATE TABLE {name} (\n    " + ",\n    ".join(lines) + f"\n){options}")
        found = database.rows(INDEXES, oid)
        indexes += [row["text"].replace(" ON public.", " ON ") for row in found]
    return tables + references + indexes


def statements(database):
    if database.name == "postgres":
        return postgres_statements(database)
    return [re.sub(r"[ \t]+\n", "\n", row["sql"]) for row in database.rows(SQLITE)]


def part(database):
    return HEADINGS[database.name] + "".join(f"{one};\n\n" for one in statements(database))
