"""fasti export: all that is of one person, and nothing that is not."""

import json

from support import program
from support.people import Person, expect


def exported(database, name):
    done = program.run(database, "export", "--user", name)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_person_gets_all_that_is_theirs_with_its_history(new_database, start):
    server = start()
    amira, bela = Person(server.client, "amira"), Person(server.client, "bela")
    mine = amira.creates(title="Mine")
    amira.shares(mine["id"], bela, "Editor")
    bela.changes(mine["id"], location="Saal 2")
    binned = amira.creates(title="In the trash")
    expect(amira.delete(f"/api/events/{binned['id']}"), 200)
    theirs = bela.creates(title="Bela's")
    bela.shares(theirs["id"], amira)
    bela.creates(title="Not shared")
    many = [amira.creates(title=f"number {number}")["id"] for number in range(205)]

    found = exported(new_database, "amira")
    assert found["account"]["email"] == amira.email
    events = {one["event"]["id"]: one for one in found["events"]}
    assert events.keys() == {mine["id"], binned["id"], *many}
    one = events[mine["id"]]
    assert one["event"] == {**one["event"], "title": "Mine", "location": "Saal 2"}
    assert [grant["user_id"] for grant in one["permissions"]] == [amira.id, bela.id]
    assert [version["version_number"] for version in one["history"]] == [1, 2]
    assert [version["data"]["location"] for version in one["history"]] == [None, "Saal 2"]
    assert [line["change_type"] for line in one["changelog"]] == ["create", "share", "update"]
    assert events[binned["id"]]["event"]["deleted_at"] is not None
    assert [one["event"]["id"] for one in found["shared_with"]] == [theirs["id"]]
    assert "history" not in found["shared_with"][0]
    assert len(found["sessions"]) == 1
    assert all(line["user_id"] == amira.id for line in found["audit"]) and found["audit"]

    text = json.dumps(found)
    assert bela.email not in text and "Not shared" not in text
    for secret in ("hashed_password", "nonce", amira.token):
        assert secret not in text


def test_whose_it_is_must_be_said_and_be_somebody(new_database, start):
    start()
    assert program.run(new_database, "export", "--user", "nobody").returncode == 1
    assert program.run(new_database, "export").returncode == 2
