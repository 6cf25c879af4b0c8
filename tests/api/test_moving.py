"""What a client of the old system meets here: what it may go on doing, and every difference that
docs/MOVING.md names. Each row of its table names the test here that shows it."""

import json
import pathlib
import re

import pytest

from support import databases, program
from support.people import PASSWORD, Person, event, expect, unused_name

MOVING = pathlib.Path(__file__).resolve().parents[2] / "docs" / "MOVING.md"


def rows_of_the_table():
    section = MOVING.read_text(encoding="utf-8").split("## What differs for clients")[1]
    lines = [line for line in section.split("\n## ")[0].splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_difference_that_is_named_has_its_test():
    here = set(re.findall(r"^def (test_\w+)", pathlib.Path(__file__).read_text(), re.MULTILINE))
    rows = rows_of_the_table()
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"^`(\w+)`$", row[-1])
        assert named and f"test_{named[0]}" in here, row


# -- What goes on as it was ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2027-06-01 10:00:00+00:00",  # Python's str()
        "2027-06-01 12:00:00.000000+02:00",
        "2027-06-01T10:00:00+0000",
        "2027-06-01T12:00:00+0200",
        "2027-06-01T10:00Z",
        "2027-06-01 12:00+02:00",
        "2027-06-01t10:00:00z",
    ],
)
def test_times_as_python_and_others_write_them_are_taken(amira, text):
    made = amira.creates(start_time=text, end_time="2027-06-01T11:00:00Z")
    assert made["start_time"] == "2027-06-01T10:00:00Z"
    page = expect(amira.get("/api/events", start_time_after=text, start_time_before=text), 200).json
    assert [item["id"] for item in page["items"]] == [made["id"]]
    window = {"from": text, "to": "2027-06-01 10:30:00+00:00"}
    assert len(expect(amira.get("/api/calendar", **window), 200).json["items"]) == 1


@pytest.mark.parametrize(
    "value",
    ["2027-06-01", "2027-06-01T10:00:00", "2027-06-01 10:00:00", 1811844000, 1811844000.5,
     "1811844000", "2027-06-01T10:00:00-0000", "2027-06-01  10:00:00Z", "", True],
    ids=repr,
)
def test_times_that_leave_the_moment_open_are_refused(amira, value):
    reply = amira.post("/api/events", event(start_time=value, end_time="2027-06-01T11:00:00Z"))
    expect(reply, 422, "start_time")
    if value != "":
        reply = amira.get("/api/events", start_time_after=value)
        expect(reply, 422, "start_time_after")


@pytest.mark.parametrize(
    "pattern",
    [
        {"freq": "WEEKLY", "byday": "MO,WE", "count": 10},
        {"frequency": "Weekly", "days": ["Mon", "Wed"], "count": 10},
        {"type": "weekly", "days_of_week": ["monday", "WEDNESDAY"], "count": 10},
        {"freq": "weekly", "by_day": " MO , we ", "count": 10},
        {"freq": "weekly", "days": "Mon,Wed", "count": 10},
    ],
    ids=str,
)
def test_patterns_as_old_clients_spelled_them_are_taken(amira, pattern):
    made = amira.creates(recurrence_pattern=pattern, start_time="2025-03-03T09:00:00Z")
    assert made["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"


def test_an_empty_pattern_is_none(amira):
    made = amira.creates(is_recurring=False, recurrence_pattern={})
    assert (made["is_recurring"], made["recurrence_pattern"]) == (False, None)
    expect(amira.post("/api/events", event(is_recurring=True, recurrence_pattern={})), 422)
    trial = {"recurrence_pattern": {}, "start_time": "2027-06-01T10:00:00Z"}
    expect(amira.post("/api/recurrence/preview", trial), 422, "recurrence_pattern")


@pytest.mark.parametrize("days", ["MO,,WE", "MO;WE", "MO,XX", "M", [","], "MO," * 5000], ids=repr)
def test_days_that_are_none_are_refused(amira, days):
    pattern = {"freq": "weekly", "byday": days}
    expect(amira.post("/api/events", event(recurrence_pattern=pattern)), 422)


def query_names(operation):
    """Those in the address; headers are references to components."""
    return [one["name"] for one in operation.get("parameters", []) if one.get("in") == "query"]


def test_an_empty_filter_counts_as_left_out(amira, contract):
    amira.creates()
    without = expect(amira.get("/api/events"), 200).json
    (names,) = [
        query_names(operation)
        for method, path, operation in contract.operations()
        if (method, path) == ("GET", "/api/events")
    ]
    assert {"title", "sort_by", "limit", "start_time_after", "deleted", "role"} <= set(names)
    for name in names:
        assert expect(amira.get("/api/events", **{name: ""}), 200).json == without, name
    assert expect(amira.get("/api/events", **dict.fromkeys(names, "")), 200).json == without
    # Given once, with a value: that one counts.
    reply = amira.get("/api/events?title=&title=nowhere&limit=")
    assert expect(reply, 200).json["items"] == []


def test_an_empty_parameter_is_left_out_everywhere(amira, contract):
    """What an operation does without a parameter it does with an empty one."""
    checked = 0
    for method, path, operation in contract.operations():
        names = query_names(operation)
        if method != "GET" or "{" in path or not names or not path.startswith("/api/"):
            continue
        plain, empty = amira.get(path), amira.get(path, **dict.fromkeys(names, ""))
        assert (plain.status, plain.faults() if plain.status == 422 else None) == (
            empty.status, empty.faults() if empty.status == 422 else None), path
        checked += 1
    assert checked > 3


def test_an_unknown_parameter_is_called_so(amira):
    reply = expect(amira.get("/api/events", titel="x"), 422)
    (fault,) = reply.json["errors"]
    assert fault["loc"] == ["query", "titel"] and fault["type"] == "unknown_field"
    assert fault["msg"] == 'There is no parameter of this name; did you mean "title"?'
    reply = expect(amira.get("/api/events?_=123"), 422)
    assert "no parameter of this name" in reply.json["errors"][0]["msg"]
    (fault,) = expect(amira.post("/api/events", event(titel="x")), 422).json["errors"]
    assert "no member of this name" in fault["msg"]


def test_the_place_of_a_fault_in_a_bare_array_begins_with_its_index(amira):
    reply = amira.post("/api/events/batch", [event(), event(title=""), event(start_time=...)])
    places = [fault["loc"] for fault in expect(reply, 422).json["errors"]]
    assert places == [["body", 1, "title"], ["body", 2, "start_time"]]
    reply = amira.post("/api/events/batch", {"events": [event(), event(title="")]})
    (fault,) = expect(reply, 422).json["errors"]
    assert fault["loc"] == ["body", "events", 1, "title"]
    # What only the handler finds is at the same place.
    backwards = event(end_time="2025-03-03T08:00:00Z")
    (fault,) = expect(amira.post("/api/events/batch", [event(), backwards]), 422).json["errors"]
    assert fault["loc"] == ["body", 1, "end_time"]
    (fault,) = expect(amira.post("/api/events/batch", [7]), 422).json["errors"]
    assert fault["loc"] == ["body", 0]
    (fault,) = expect(amira.post("/api/events/batch", []), 422).json["errors"]
    assert fault["loc"] == ["body"]


@pytest.mark.parametrize("name", ["Editor", "editor", "EDITOR", "eDiToR"])
def test_role_names_are_read_in_any_case(amira, bela, name):
    event_id = amira.creates()["id"]
    rows = amira.shares(event_id, bela, name)
    assert [row["role_name"] for row in rows] == ["Owner", "Editor"]
    assert rows[1]["role_id"] == 2
    where = f"/api/events/{event_id}/permissions/{bela.id}"
    changed = expect(amira.put(where, {"role": name.swapcase()}), 200).json
    assert changed["role_name"] == "Editor"
    page = expect(bela.get("/api/events", role=name), 200).json
    assert [item["id"] for item in page["items"]] == [event_id]
    expect(amira.put(where, {"role": "viewer"}), 200)
    assert bela.sees(event_id)["my_role"] == "Viewer"
    expect(amira.put(where, {"role": "owner"}), 422, "role")


def test_signing_out_says_what_it_said(person):
    reply = expect(person().post("/api/auth/logout"), 200)
    assert reply.json == {"message": "Successfully logged out"}


# -- Roles of an old installation ------------------------------------------------------------------


@pytest.fixture
def old(database_name, tmp_path):
    database = databases.create("postgres", tmp_path / "old")
    database.load_old_system()
    yield database
    database.drop()


def change(database, script):
    connection = databases.connect(database.url)
    connection.cursor().execute(script)
    connection.close()


OTHER_ROLES = """
    ALTER TABLE event_permissions DROP CONSTRAINT event_permissions_role_id_fkey;
    UPDATE roles SET id = id + 20;
    UPDATE roles SET name = CASE id WHEN 21 THEN 'owner' WHEN 22 THEN 'EDITOR' ELSE 'Viewer' END;
    UPDATE roles SET id = 3 WHERE id = 21;
    UPDATE roles SET id = 1 WHERE id = 23;
    UPDATE roles SET id = 2 WHERE id = 22;
    UPDATE event_permissions SET role_id = CASE role_id WHEN 1 THEN 3 WHEN 3 THEN 1 ELSE 2 END;
    INSERT INTO roles (id, name, description) VALUES (4, 'Commenter', 'May say something.');
    ALTER TABLE event_permissions ADD FOREIGN KEY (role_id) REFERENCES roles (id);
"""


def signed_in(client, name):
    return Person(client, name, password=f"{name}-secret-2025", register=False)


@pytest.mark.databases("postgres")
def test_roles_keep_the_ids_and_names_of_the_old_installation(old, start):
    change(old, OTHER_ROLES)
    refused = program.run(old, "migrate")
    assert refused.returncode == 4
    assert "Commenter (id 4)" in refused.stderr
    assert '`fasti migrate --role "Commenter=viewer"`' in refused.stderr
    for wrong in ("Commenter", "Commenter=guest", "=viewer"):
        done = program.run(old, "migrate", "--role", wrong)
        assert done.returncode == 2 and "owner, editor or viewer" in done.stderr
    done = program.run(old, "migrate", "--role", "commenter=VIEWER")
    assert done.returncode == 0, done.stderr
    again = program.run(old, "migrate", "--role=Commenter=viewer")
    assert again.returncode == 0, again.stderr
    other = program.run(old, "migrate", "--role", "Commenter=editor")
    assert other.returncode == 1 and "means Viewer" in other.stderr
    nobody = program.run(old, "migrate", "--role", "Comenter=viewer")
    assert nobody.returncode == 1 and "no role Comenter" in nobody.stderr

    client = start(old).client
    amira, bela, elena = (signed_in(client, name) for name in ("amira", "bela", "elena"))
    rows = expect(amira.get("/api/roles"), 200).json
    assert [(row["id"], row["name"]) for row in rows] == [
        (1, "Viewer"), (2, "EDITOR"), (3, "owner"), (4, "Commenter")]
    assert rows[3]["description"] == "May say something."

    made = amira.creates()
    assert made["my_role"] == "Owner"
    where = f"/api/events/{made['id']}"
    (own,) = expect(amira.get(f"{where}/permissions"), 200).json
    assert (own["role_id"], own["role_name"]) == (3, "owner")
    given = expect(amira.post(f"{where}/share", {"user_id": bela.id, "role_id": 4}), 200).json
    assert (given["role_id"], given["role_name"]) == (4, "Commenter")
    assert bela.sees(made["id"])["my_role"] == "Viewer"
    expect(bela.put(where, {"title": "No"}), 403)
    body = {"users": [{"user_id": elena.id, "role": "viewer"}]}
    listed = expect(amira.post(f"{where}/share", body), 200).json
    assert {(row["user_id"], row["role_id"]) for row in listed} == {
        (amira.id, 3), (bela.id, 4), (elena.id, 1)}
    assert listed[0]["user_id"] == amira.id

    grant = f"{where}/permissions/{elena.id}"
    assert expect(amira.put(grant, {"role_id": 4}), 200).json["role_name"] == "Commenter"
    assert expect(amira.put(grant, {"role": "Viewer"}), 200).json["role_id"] == 4
    assert expect(amira.put(grant, {"role_id": 2}), 200).json["role_name"] == "EDITOR"
    assert expect(elena.put(where, {"title": "Yes"}), 200).json["my_role"] == "Editor"
    expect(amira.put(grant, {"role_id": 3}), 422, "role_id")
    expect(amira.put(grant, {"role_id": 5}), 422, "role_id")
    expect(amira.put(grant, {"role_id": 4, "role": "Editor"}), 422, "role")
    for role in ("Owner", "Editor", "Viewer"):
        page = expect(elena.get("/api/events", role=role, limit=1000), 200).json
        assert {item["my_role"] for item in page["items"]} <= {role}
        assert (made["id"] in [item["id"] for item in page["items"]]) == (role == "Editor")
    log = expect(amira.get(f"{where}/changelog"), 200).json
    expect(amira.post(f"{where}/transfer", {"user_id": bela.id}), 200)
    rows = expect(bela.get(f"{where}/permissions"), 200).json
    held = {row["user_id"]: row["role_id"] for row in rows}
    assert held == {bela.id: 3, amira.id: 2, elena.id: 2}
    assert [entry["change_type"] for entry in log].count("permission_change") == 1


@pytest.mark.databases("postgres")
def test_a_database_that_the_old_models_made_is_taken_over(old, start):
    """Base.metadata.create_all(): roles(id, name), and no token_blacklist."""
    change(old, "DROP TABLE token_blacklist; ALTER TABLE roles DROP COLUMN description")
    client = start(old).client
    amira = signed_in(client, "amira")
    rows = expect(amira.get("/api/roles"), 200).json
    names = {row["id"]: row["name"] for row in rows}
    assert names == {1: "Owner", 2: "Editor", 3: "Viewer"}
    assert all(row["description"] for row in rows)
    assert expect(amira.get("/api/events"), 200).json["total"] > 20


@pytest.mark.databases("postgres")
def test_every_version_of_the_old_system_is_compared_and_brought_back(old, start):
    client = start(old, FASTI_RATE_LIMIT="off").client
    rows = old.rows(
        "SELECT v.event_id, v.version_number, username, data FROM event_versions v"
        " JOIN events e ON e.id = event_id JOIN users u ON u.id = owner_id"
        " ORDER BY v.event_id, v.version_number")
    people, statuses = {}, []
    for row in rows:
        name = row["username"]
        person = people[name] = people.get(name) or signed_in(client, name)
        where, number = f"/api/events/{row['event_id']}", row["version_number"]
        diff = expect(person.get(f"{where}/diff/1/{number}"), 200).json["changes"]
        assert number > 1 or diff == []
        if person.get(where).json["deleted_at"] is None:
            reply = person.post(f"{where}/rollback/{number}")
            assert reply.status in (200, 409), reply
            assert reply.status == 200 or "already is" in reply.json["detail"], reply
            statuses.append(reply.status)
    assert len(rows) > 300 and statuses.count(200) > 100


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("member", "value", "compared", "brought_back"),
    [
        ("updated_at", "2025-01-02T03:04:05.678901", 200, 200),
        ("start_time", "2024-12-31T03:04:05", 200, 200),
        ("start_time", "1844-03-15T00:00:00", 200, 409),
        ("end_time", "9999-12-31T23:59:59+00:00", 200, 409),
        ("end_time", "infinity", 409, 409),
        ("title", "", 200, 409),
        ("title", 7, 409, 409),
        ("title", None, 200, 409),
        ("unknown", {"of": ["another", "time"]}, 200, 200),
    ], ids=str)
def test_whatever_an_old_version_holds_is_read(old, start, member, value, compared, brought_back):
    (row,) = old.rows(
        "SELECT max(v.event_id) AS id FROM event_versions v JOIN events e ON e.id = event_id"
        " JOIN users u ON u.id = owner_id WHERE username = 'amira' AND version_number = 1"
        " AND NOT e.is_recurring")
    event_id, patch = row["id"], json.dumps({member: value})
    (newest,) = old.rows(f"SELECT max(version_number) AS n, (SELECT data FROM event_versions"
                         f" WHERE event_id = {event_id} ORDER BY version_number DESC LIMIT 1)::text"
                         f" AS data FROM event_versions WHERE event_id = {event_id}")
    change(old, f"UPDATE event_versions SET data = ('{newest['data']}'::jsonb || '{patch}'::jsonb)"
                f" WHERE event_id = {event_id} AND version_number = 1")
    amira = signed_in(start(old).client, "amira")
    where = f"/api/events/{event_id}"
    assert expect(amira.get(f"{where}/history/1"), 200).json["data"].get(member) == value
    expect(amira.get(f"{where}/diff/1/{newest['n']}"), compared)
    before = amira.sees(event_id)
    reply = expect(amira.post(f"{where}/rollback/1"), brought_back)
    assert brought_back == 200 or amira.sees(event_id) == before
    assert len(reply.json.get("detail", "a sentence.").split()) > 1


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE events SET end_time = 'infinity' WHERE id IN (203, 204)",
         "time that is infinity, which is no moment: events.id 203, events.id 204."),
        ("UPDATE events SET start_time = '-infinity' WHERE id = 203", "events.id 203."),
        ("UPDATE changelog SET timestamp = 'infinity' WHERE id = 7", "changelog.id 7."),
        ("UPDATE users SET created_at = '-infinity' WHERE id = 2", "users.id 2."),
        ("UPDATE events SET is_recurring = true, recurrence_pattern ="
         " (repeat('[', 3000) || repeat(']', 3000))::jsonb WHERE id = 203",
         'events.id 203 cannot be taken over, for its ["recurrence_pattern"]: '),
    ],
)
def test_rows_that_are_refused_are_named(old, statement, named):
    change(old, statement)
    done = program.run(old, "migrate")
    assert done.returncode == 4 and named in done.stderr, done.stderr
    assert [row["n"] for row in old.rows("SELECT count(*) AS n FROM users")] != [0]


@pytest.mark.databases("postgres")
def test_what_is_refused_is_named(old):
    change(old, "ALTER TABLE events RENAME COLUMN location TO place")
    done = program.run(old, "migrate")
    assert done.returncode == 4 and "events.location is missing" in done.stderr
    change(old, "DROP TABLE event_versions, changelog, token_blacklist")
    done = program.run(old, "migrate")
    assert done.returncode == 4 and "not event_versions, changelog" in done.stderr


@pytest.mark.databases("sqlite")
def test_a_file_of_another_program_is_left_alone(new_database):
    import sqlite3

    connection = sqlite3.connect(new_database.file)
    connection.executescript("CREATE TABLE customers (id INTEGER PRIMARY KEY)")
    connection.close()
    done = program.run(new_database, "migrate")
    assert done.returncode == 4 and "customers" in done.stderr
    assert [row["name"] for row in new_database.rows("SELECT name FROM sqlite_master")] == [
        "customers"]


# -- What differs, a test for each row of docs/MOVING.md -------------------------------------------


def test_without_a_token_it_is_401(client):
    reply = expect(client.request("GET", "/api/events"), 401)
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_stranger_finds_nothing_and_a_viewer_may_not_write(amira, bela, person):
    where = f"/api/events/{amira.creates()['id']}"
    stranger = person()
    for method, body in (("GET", None), ("PUT", {"title": "x"}), ("DELETE", None)):
        expect(stranger.ask(method, where, body), 404)
    amira.shares(int(where.rsplit("/", 1)[1]), bela)
    expect(bela.put(where, {"title": "x"}), 403)


def test_bad_input_is_422(amira):
    for members in ({"title": "x" * 256}, {"title": None}, {"title": ""}):
        expect(amira.post("/api/events", {**event(), **members}), 422, "title")
    expect(amira.post("/api/events", event(end_time="2025-03-03T08:00:00Z")), 422, "end_time")
    for role in ({"role_id": 99}, {"role": "King"}):
        body = {"user_id": amira.id, **role}
        expect(amira.post(f"/api/events/{amira.creates()['id']}/share", body), 422, *set(role))


def test_a_page_has_from_1_to_1000_rows(amira):
    for limit in (-1, 0, 1001, 10000):
        expect(amira.get("/api/events", limit=limit), 422, "limit")
    expect(amira.get("/api/events", skip=-1), 422, "skip")
    for limit in (1, 1000):
        expect(amira.get("/api/events", limit=limit), 200)


def test_a_time_needs_its_offset(amira):
    expect(amira.post("/api/events", event(start_time="2025-03-03T09:00:00")), 422, "start_time")


def test_a_date_or_a_number_is_no_time(amira):
    for value in ("2025-03-03", 1740992400):
        expect(amira.post("/api/events", event(start_time=value)), 422, "start_time")


def test_errors_are_problem_details(amira):
    reply = expect(amira.get("/api/events/999999999"), 404)
    assert reply.headers["Content-Type"].startswith("application/problem+json")
    assert isinstance(reply.json["detail"], str)


def test_the_detail_of_a_422_is_a_sentence(amira):
    reply = expect(amira.post("/api/events", event(title="")), 422)
    assert isinstance(reply.json["detail"], str)
    assert set(reply.json["errors"][0]) == {"loc", "type", "msg"}


def test_a_version_id_is_the_number_of_the_version(amira):
    event_id = amira.creates()["id"]
    amira.changes(event_id, title="Other")
    log = expect(amira.get(f"/api/events/{event_id}/changelog"), 200).json
    assert [entry["version_id"] for entry in log] == [1, 2]


def test_the_newest_version_is_the_present_state(amira):
    event_id = amira.creates(title="Before")["id"]
    amira.changes(event_id, title="After")
    for version, title in ((1, "Before"), (2, "After")):
        where = f"/api/events/{event_id}/history/{version}"
        assert expect(amira.get(where), 200).json["data"]["title"] == title


def test_a_diff_is_a_list(amira):
    event_id = amira.creates(title="Before")["id"]
    amira.changes(event_id, title="After")
    changes = expect(amira.get(f"/api/events/{event_id}/diff/1/2"), 200).json["changes"]
    assert changes == [{"field": "title", "change_type": "modified", "old_value": "Before",
                        "new_value": "After"}]


def test_the_changelog_has_every_change(amira, bela):
    event_id = amira.creates()["id"]
    amira.shares(event_id, bela)
    amira.changes(event_id, title="Other")
    expect(amira.delete(f"/api/events/{event_id}"), 200)
    log = expect(amira.get(f"/api/events/{event_id}/changelog"), 200).json
    assert [entry["change_type"] for entry in log] == ["create", "share", "update", "delete"]


def test_a_pattern_comes_back_in_canonical_form(amira):
    pattern = {"frequency": "weekly", "days_of_week": ["MO", "WE"], "count": 10}
    made = amira.creates(is_recurring=True, recurrence_pattern=pattern)
    assert made["recurrence_pattern"]["rrule"] == "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10"
    assert set(made["recurrence_pattern"]) == {"rrule", "rdates", "text"}


def test_a_pattern_and_is_recurring_agree(amira):
    pattern = {"freq": "daily", "count": 3}
    reply = amira.post("/api/events", event(is_recurring=False, recurrence_pattern=pattern))
    expect(reply, 422)
    assert amira.creates(recurrence_pattern=pattern)["is_recurring"] is True


def test_a_pattern_that_is_no_rule_is_refused(amira):
    for pattern in ({"note": "when it rains"}, {"frequency": "weekly", "days": "now and then"}):
        expect(amira.post("/api/events", event(is_recurring=True, recurrence_pattern=pattern)), 422)


def test_a_refresh_token_is_good_once(person, client):
    used = first = person().refresh_token
    for _ in range(2):  # the last but one is forgiven for some seconds: two tabs
        body = {"refresh_token": used}
        used = expect(client.request("POST", "/api/auth/refresh", body), 200).json["refresh_token"]
    expect(client.request("POST", "/api/auth/refresh", {"refresh_token": first}), 401)


@pytest.mark.databases("postgres")
def test_tokens_of_the_old_system_are_not_valid(old, start):
    import jwt

    token = jwt.encode({"sub": "amira", "exp": 4102444800}, program.SECRET, "HS256")
    expect(start(old).client.request("GET", "/api/events", token=token), 401)


def test_addresses_of_others_are_hidden(amira, bela, person):
    event_id = amira.creates()["id"]
    chen = person("chen")
    amira.shares(event_id, bela)
    amira.shares(event_id, chen)
    rows = expect(bela.get(f"/api/events/{event_id}/permissions"), 200).json
    shown = {row["user_id"]: row["email"] for row in rows}
    assert shown[bela.id] == bela.email and shown[chen.id] is None


def test_an_event_goes_only_to_who_knows_the_giver(amira, bela):
    event_id = amira.creates()["id"]
    where = f"/api/events/{event_id}"
    amira.shares(event_id, bela)
    refused = expect(amira.post(f"{where}/transfer", {"user_id": bela.id}), 409)
    assert refused.json["type"].endswith("not_known")
    expect(bela.post(f"{where}/answer", {"answer": "yes"}), 200)
    expect(amira.post(f"{where}/transfer", {"user_id": bela.id}), 200)


def test_a_deleted_event_is_in_the_trash(amira):
    where = f"/api/events/{amira.creates()['id']}"
    assert expect(amira.delete(where), 200).json["deleted_at"]
    expect(amira.get(where), 404)
    expect(amira.post(f"{where}/restore"), 200)


def test_an_account_goes_only_with_a_word_on_what_others_share(person, bela):
    dora = person("dora")
    dora.shares(dora.creates()["id"], bela)
    expect(dora.delete("/api/users/me"), 409)
    expect(dora.delete("/api/users/me", events="delete"), 204)


def test_nobody_is_made_an_owner_by_a_role(amira, bela):
    where = f"/api/events/{amira.creates()['id']}/share"
    expect(amira.post(where, {"user_id": bela.id, "role_id": 1}), 422, "role_id")
    expect(amira.post(where, {"user_id": bela.id, "role": "Owner"}), 422, "role")


def test_unknown_members_are_refused(amira):
    expect(amira.post("/api/events", event(titel="x")), 422, "titel")
    expect(amira.get("/api/events", _=123), 422, "_")


def test_a_common_password_is_refused(client):
    for password in ("testpass", "password123", "P@ssw0rd"):
        name = unused_name("common")
        body = {"username": name, "email": f"{name}@example.org", "password": password}
        reply = expect(client.request("POST", "/api/auth/register", body), 422)
        assert reply.faults()["password"] == "password_too_common"


def test_a_name_that_is_taken_is_409(amira, client):
    body = {"username": amira.username, "email": "other@example.org", "password": PASSWORD}
    expect(client.request("POST", "/api/auth/register", body), 409)


def test_an_empty_batch_is_refused(amira):
    expect(amira.post("/api/events/batch", []), 422)


def test_a_boolean_is_no_text_and_no_number(amira):
    for value in ("true", 1):
        reply = amira.post("/api/events", event(is_recurring=value))
        expect(reply, 422, "is_recurring")


def test_the_description_is_at_openapi_json(client):
    expect(client.request("GET", "/api/v1/openapi.json"), 404)
    expect(client.request("GET", "/openapi.json"), 200)
