import os

import pytest

from engine import BASE, Engine

POSTGRES = "docker.io/library/postgres:17"


@pytest.fixture(scope="session")
def engine():
    made = Engine()
    why_not = made.why_not()
    if why_not is not None:
        made.close()
        pytest.skip(f"no image is built: {why_not}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def builder():
    """For images alone, without containers, on the base that FASTI_TEST_BASE names."""
    made = Engine()
    why_not = made.why_not_build()
    if why_not is None and not os.environ.get("FASTI_TEST_BASE"):
        why_not = "there is no base for it"
    if why_not is not None:
        made.close()
        pytest.skip(f"no image is built: {why_not}")
    yield made
    made.close()


@pytest.fixture(scope="session")
def image(engine):
    """The name of the image, built as users build it."""
    engine.make_base(BASE)
    engine.build("fasti")
    return "localhost/fasti"
