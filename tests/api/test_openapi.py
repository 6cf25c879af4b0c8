"""What the description says of every operation alike is true of each."""

import pytest

from support import operations, program
from support.contract import Contract
from support.people import expect
from test_contract import scene  # noqa: F401  (a fixture)

OPERATIONS = [
    pytest.param(method, path, id=f"{method} {path}")
    for method, path, _ in Contract(program.document()).operations()
]


@pytest.mark.parametrize("method, path", OPERATIONS)
def test_a_query_that_cannot_be_read_is_400(scene, method, path):  # noqa: F811
    target = operations.path_of(path, scene)
    body = operations.body_of(method, path, scene)
    for query in ("?a=%zz", "?a=%ff", "?access_token=x"):
        expect(scene.owner.ask(method, target + query, body), 400)


def test_the_description_says_where_the_server_is_found(client, start):
    def servers(client):
        return expect(client.request("GET", "/openapi.json"), 200).json["servers"]

    assert servers(client) == [{"url": "/"}]
    url = "https://calendar.example.org/fasti"
    assert servers(start(FASTI_PUBLIC_URL=url).client) == [{"url": url}]
