"""After the run: was everything that is declared seen at least once, on each database?"""

import json

# Statuses that need a broken or overloaded machine: not every operation can be made to give them.
NEEDS_A_BROKEN_MACHINE = {
    "408": "a client that stops in the middle of its request",
    "500": "a mistake of ours",
    "503": "a database that is away, or a full queue",
    "507": "a full disk",
}


# The same request at the same time: only PostgreSQL has it, and test_idempotency.py shows it.
NEEDS_ANOTHER_AT_WORK = {"$ref": "#/components/responses/KeyInUse"}


def seen(directory):
    """{(database, method, template, status)} of all replies of all workers."""
    found = set()
    for file in directory.glob("replies-*.jsonl"):
        with open(file, encoding="utf-8") as lines:
            for line in lines:
                reply = json.loads(line)
                found.add(
                    (reply["database"], reply["method"], reply["template"], str(reply["status"]))
                )
    return found


def never_seen(contract, databases, directory):
    found = seen(directory)
    return [
        f"{database}: {method} {path} -> {status}"
        for database in databases
        for method, path, operation in contract.operations()
        for status, answer in operation["responses"].items()
        if status not in NEEDS_A_BROKEN_MACHINE
        and answer != NEEDS_ANOTHER_AT_WORK
        and (database, method, path, status) not in found
    ]
