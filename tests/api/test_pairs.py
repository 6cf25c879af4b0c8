"""Every pair of operations that change something, at the same moment on one object: who was told
that it is done finds it done, and what holds between any two transactions holds.

The operations come from the program's own document: a new one that is in no table is red."""

import contextlib
import itertools
import os

import pytest

from support import pairs, program
from support.client import Client
from support.contract import Contract
from support.people import PASSWORD, Person

# What has a method that changes something and changes nothing.
ONLY_LOOK = {
    ("POST", "/api/events/conflicts"),
    ("POST", "/api/recurrence/preview"),
}
# Works while there is no administrator, and no scene is without one: test_first_admin.py runs two
# at once.
ONLY_FIRST = {("POST", "/api/setup")}
IN_TRASH = {"restore", "purge", "patch", "roll back", "share", "transfer", "reader goes"}
IN_TRASH |= pairs.ENDS_OWNER
UNSHARED = {"share", "transfer", "delete", "put", "split"} | pairs.ENDS_OWNER
# FASTI_TEST_ROUNDS=200 is what a change of locks needs: an hour or two of two processors, in parts
# that `pytest -n` shares out.
ROUNDS = int(os.environ.get("FASTI_TEST_ROUNDS", "0"))
LONG_ROUNDS = 10
PARTS = 25 if ROUNDS else 1  # odd, so that in each part either one is first


def test_every_operation_that_changes_something_is_in_a_table():
    declared = {
        (method, path)
        for method, path, _ in Contract(program.document()).operations()
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    acts = pairs.EVENT_ACTS + pairs.ACCOUNT_ACTS + pairs.OFFICE_ACTS
    assert declared - ONLY_LOOK - ONLY_FIRST == {act.operation for act in acts}


def met(acts, rounds):
    """Each pair as often, now the one first and now the other."""
    for number, one in enumerate(acts):
        for step, other in enumerate(acts[number:]):
            for turn in range(rounds):
                yield (one, other) if (step + turn) % 2 else (other, one)


def run(scene, acts, is_long, part=0):
    rounds = ROUNDS or (LONG_ROUNDS if is_long else 1)
    together = pairs.Together()
    faults = []
    for first, second in itertools.islice(met(acts, rounds), part, None, PARTS):
        scene.set()
        replies = together.run(first, second, scene)
        scene.database.settle()
        state = scene.state()
        wrong = pairs.complaints((first, second), replies, scene, state)
        wrong += scene.broken(state)
        if wrong:
            told = "; ".join(str(reply)[:300] for reply in replies)
            faults.append(f"{first.name} with {second.name}: {wrong}\n    {told}")
    assert not faults, f"{len(faults)} of the pairs:\n" + "\n".join(faults[:20])


@pytest.fixture
def looker(shared):
    with contextlib.closing(pairs.Database(shared.database)) as database:
        yield database


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("starts", ["shared", "trashed", "unshared"])
def test_pairs_on_one_event(server, looker, long_run, starts, part):
    chosen = {"shared": None, "trashed": IN_TRASH, "unshared": UNSHARED}[starts]
    acts = [act for act in pairs.EVENT_ACTS if chosen is None or act.name in chosen]
    assert chosen is None or len(acts) == len(chosen)
    scene = pairs.EventScene(server, looker, starts)
    run(scene, acts, long_run, part)


@pytest.mark.parametrize("part", range(PARTS))
def test_pairs_on_one_account_and_its_sessions(server, looker, root, long_run, part):
    quiet = Person(Client(server), "root", root.password, root.email, register=False)
    scene = pairs.AccountScene(server, looker, quiet)
    run(scene, pairs.ACCOUNT_ACTS, long_run, part)


def test_pairs_of_the_last_two_administrators(start, new_database, long_run):
    done = program.run(new_database, "migrate")
    assert done.returncode == 0, done.stderr
    command = ("user", "add", "chief", "chief@example.org", "--admin")
    done = program.run(new_database, *command, stdin=PASSWORD + "\n")
    assert done.returncode == 0, done.stderr
    server = start()
    with contextlib.closing(pairs.Database(new_database)) as looker:
        scene = pairs.OfficeScene(server, looker)
        scene.take(Person(Client(server), "chief", PASSWORD, "chief@example.org", register=False))
        run(scene, pairs.OFFICE_ACTS, long_run)
