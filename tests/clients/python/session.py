"""A whole session with the client that openapi-python-client makes: every step must succeed, and
nothing that no step changes may be lost.

    python session.py http://127.0.0.1:8000
"""

import datetime
import sys

from fasti_client import AuthenticatedClient, Client
from fasti_client.api.accounts import register
from fasti_client.api.calendar import get_free_busy
from fasti_client.api.events import (
    create_event,
    delete_event,
    get_event,
    list_events,
    replace_event,
    restore_event,
    update_event,
)
from fasti_client.api.history import diff_versions, list_changelog, list_versions, roll_back_event
from fasti_client.api.sharing import answer_event, share_event
from fasti_client.models import (
    Answer,
    AnswerAnswerType1,
    EventInput,
    EventInputStatus,
    EventPatch,
    Grantee,
    GranteeRole,
    RecurrencePatternInput,
    Registration,
    Share,
)

URL = sys.argv[1]
START = datetime.datetime(2027, 3, 1, 9, tzinfo=datetime.timezone.utc)
steps = 0


def good(operation, *arguments, **named):
    """What came, or the end of the session."""
    global steps
    steps += 1
    reply = operation.sync_detailed(*arguments, **named)
    if reply.status_code // 100 != 2:
        sys.exit(f"{operation.__name__}: {reply.status_code} {reply.content.decode()}")
    return reply.parsed


def same(step, found, expected):
    global steps
    steps += 1
    if found != expected:
        sys.exit(f"{step}: {found} is not {expected}")


def sign_up(username):
    body = Registration(
        username=username, email=f"{username}@example.org", password="four plain words, 1"
    )
    signed_in = good(register, client=Client(base_url=URL), body=body)
    return AuthenticatedClient(base_url=URL, token=signed_in.access_token), signed_in.user.id


def kept(event):
    pattern = event.recurrence_pattern
    return (
        event.title,
        event.timezone,
        event.status.value,
        event.all_day,
        event.is_recurring,
        pattern.rrule if pattern else None,
    )


def main():
    client, amira = sign_up("amira-py")
    other, bela = sign_up("bela-py")
    rule = {"freq": "weekly", "by_day": ["MO", "WE"], "count": 10}
    body = EventInput(
        title="Stand-up",
        start_time=START,
        end_time=START + datetime.timedelta(minutes=15),
        timezone="Europe/Zurich",
        status=EventInputStatus.TENTATIVE,
        recurrence_pattern=RecurrencePatternInput.from_dict(rule),
    )
    made = good(create_event, client=client, body=body, idempotency_key="one-key-for-one-series")
    again = good(create_event, client=client, body=body, idempotency_key="one-key-for-one-series")
    same("one event for one key", again.id, made.id)
    expected = (
        "Stand-up",
        "Europe/Zurich",
        "tentative",
        False,
        True,
        "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10",
    )
    same("as it was asked for", kept(made), expected)
    patched = good(update_event, made.id, client=client, body=EventPatch(location="Hall"))
    same("the place", patched.location, "Hall")
    same("nothing lost by the patch", kept(patched), expected)
    put = good(replace_event, made.id, client=client, body=EventPatch(location="Attic"))
    same("nothing lost by the put", kept(put), expected)
    listed = good(list_events, client=client, title="Stand")
    same("listed", [kept(one) for one in listed.items], [expected])
    share = Share(users=[Grantee(user_id=bela, role=GranteeRole.EDITOR)])
    good(share_event, made.id, client=client, body=share)
    good(get_event, made.id, client=other)
    # From then on she is known, and may ask when the other is busy.
    good(answer_event, made.id, client=other, body=Answer(answer=AnswerAnswerType1.YES))
    renamed = good(
        update_event,
        made.id,
        client=other,
        body=EventPatch(title="Daily"),
        if_match=f'"{put.version_number}"',
    )
    same("nothing lost by the other", kept(renamed)[1:], expected[1:])
    versions = good(list_versions, made.id, client=client).items
    same("versions", [one.version_number for one in versions], [4, 3, 2, 1])
    same("what changed", versions[0].changed_fields, ["title"])
    diff = good(diff_versions, made.id, 1, 4, client=client)
    same("differences", sorted(one.field for one in diff.changes), ["location", "title"])
    back = good(roll_back_event, made.id, 1, client=client)
    same("as it was", (kept(back), back.location), (expected, None))
    log = good(list_changelog, made.id, client=client)
    same("old and new", log[1].changes["location"].new, "Hall")
    busy = good(
        get_free_busy,
        client=client,
        user_ids=[amira, bela],
        from_=START,
        to=START + datetime.timedelta(days=1),
    )
    same("two people", [one.user_id for one in busy.users], [amira, bela])
    good(delete_event, made.id, client=client)
    good(restore_event, made.id, client=client)
    print(f"{steps} steps")


main()
