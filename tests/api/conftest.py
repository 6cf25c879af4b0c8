"""What all tests share: the databases, a server for each, people, and the contract at the end."""

import http.client
import os
import pathlib
import tempfile

import pytest
from _pytest.reports import TestReport

from support import coverage, databases, program, templates
from support.contract import Contract, Recorder
from support.people import Person, unused_name

RECORD_VARIABLE = "FASTI_TEST_RECORD"
_running = {}
_others = {}


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="the long form of the loads")
    parser.addoption(
        "--whole",
        action="store_true",
        help="this is the whole suite: fail when something declared was never exercised",
    )


def pytest_configure(config):
    if RECORD_VARIABLE not in os.environ:
        directory = tempfile.TemporaryDirectory(prefix="fasti-replies-")
        os.environ[RECORD_VARIABLE] = directory.name
        config.add_cleanup(directory.cleanup)
    try:
        databases.names()
    except RuntimeError as missing:
        raise pytest.UsageError(str(missing)) from None
    if not program.PROGRAM.exists():
        raise pytest.UsageError(f"{program.PROGRAM} is not there: build it, or set FASTI_PROGRAM")


def pytest_generate_tests(metafunc):
    if "database_name" in metafunc.fixturenames:
        chosen = databases.names()
        marker = metafunc.definition.get_closest_marker("databases")
        if marker is not None:
            chosen = [name for name in chosen if name in marker.args]
        metafunc.parametrize("database_name", chosen, scope="session")


class SharedServer:
    """The server that a worker's tests on one database share."""

    def __init__(self, name, directory):
        self.database = databases.create(name, directory / name)
        for command in (("migrate",), ("user", "add", "root", "root@example.org", "--admin")):
            done = program.run(self.database, *command, stdin="the root of all tests, 1\n")
            assert done.returncode == 0, f"fasti {command}: {done.stderr}"
        self.server = program.Server(self.database)
        self.others = []
        self.deaths = []
        document = self.server.client.request("GET", "/openapi.json", recorded=False).json
        record = pathlib.Path(os.environ[RECORD_VARIABLE]) / f"replies-{name}-{os.getpid()}.jsonl"
        self.file = open(record, "a", encoding="utf-8")
        self.recorder = Recorder(name, Contract(document), self.file)
        self.server.client.recorder = self.recorder

    def replace(self):
        """A server that died fails the run at its end; the tests that follow get another."""
        self.deaths.append(self.server.last_words())
        self.server = program.Server(self.database)
        self.server.client.recorder = self.recorder

    def stop(self):
        """Stops every server, then says what was wrong with any of them."""
        self.file.close()
        wrong = [f"the server died:\n{words}" for words in self.deaths]
        for server in [self.server, *self.others]:
            try:
                server.stop()
            except (AssertionError, OSError) as failure:
                wrong.append(str(failure))
        for server in [*self.others, self.server]:
            server.database.drop()
        assert not wrong, "\n".join(wrong)


@pytest.fixture
def shared(database_name, tmp_path_factory):
    if database_name not in _running:
        directory = tmp_path_factory.mktemp("server")
        _running[database_name] = SharedServer(database_name, directory)
    found = _running[database_name]
    if found.server.process.poll() is not None:
        found.replace()
    return found


@pytest.fixture
def server(shared):
    return shared.server


@pytest.fixture
def client(server):
    """Somebody without an account."""
    return server.client


@pytest.fixture(autouse=True)
def _pages(request):
    if request.node.get_closest_marker("pages") is not None:
        request.getfixturevalue("pages")


@pytest.fixture
def pages(server):
    """Skips a test of the pages when the program says that it was built without them."""
    # Past the contract, which has no 404 there: it is that of a program with pages.
    connection = http.client.HTTPConnection(server.host, server.port, timeout=15)
    connection.request("GET", "/")
    reply = connection.getresponse()
    text = reply.read()
    connection.close()
    if reply.status == 404 and b"This program was built without its pages." in text:
        pytest.skip("built without pages")


@pytest.fixture
def contract(shared):
    return shared.recorder.contract


@pytest.fixture
def person(client):
    """person("amira"): a new account, signed in."""

    def register(name="person", **more):
        return Person(client, unused_name(name), **more)

    return register


@pytest.fixture
def amira(person):
    return person("amira")


@pytest.fixture
def bela(person):
    return person("bela")


@pytest.fixture
def root(client):
    """An administrator."""
    return Person(
        client,
        "root",
        password="the root of all tests, 1",
        email="root@example.org",
        register=False,
    )


@pytest.fixture
def new_database(database_name, tmp_path):
    """An empty database of the test's own."""
    database = databases.create(database_name, tmp_path / "own")
    yield database
    database.drop()


@pytest.fixture
def migrated_database(database_name, tmp_path):
    """A database of the test's own that has the newest schema, and nothing else."""
    database = templates.copy(database_name, tmp_path / "migrated")
    yield database
    database.drop()


@pytest.fixture
def start(shared, request):
    """start(FASTI_SIGNUP="closed"): a server of the test's own, whose replies are recorded too. It
    is one on new_database for a test that takes that as well, and else on one that is migrated."""
    started = []
    is_asked = "new_database" in request.fixturenames
    own = request.getfixturevalue("new_database" if is_asked else "migrated_database")

    def start_server(database=None, **settings):
        server = program.Server(database or own, **settings)
        server.client.recorder = shared.recorder
        started.append(server)
        return server

    yield start_server
    for server in started:
        if server.process.poll() is None:
            server.stop()
        else:
            server.check_log()


@pytest.fixture
def second_server(shared):
    """second_server("strict", FASTI_…): a server of other settings that later tests use as well."""

    def find(name, **settings):
        key = (shared.database.name, name)
        if key not in _others:
            database = templates.copy(shared.database.name, shared.database.directory / name)
            server = program.Server(database, **settings)
            server.client.recorder = shared.recorder
            _others[key] = server
            shared.others.append(server)
        return _others[key]

    return find


@pytest.fixture
def long_run(request):
    return request.config.getoption("--long")


# -- The end of the run ----------------------------------------------------------------------------


def _report(session, name, failure):
    """Makes a check of the whole run count and show like a test."""
    report = TestReport(
        nodeid=f"the whole run::{name}",
        location=("the whole run", None, name),
        keywords={},
        outcome="failed" if failure else "passed",
        longrepr=failure or None,
        when="call",
    )
    session.config.hook.pytest_runtest_logreport(report=report)
    if failure:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    is_worker = hasattr(session.config, "workerinput")
    for name, shared in list(_running.items()):
        try:
            shared.stop()
        except AssertionError as failure:
            if is_worker:
                stopped = pathlib.Path(os.environ[RECORD_VARIABLE]) / f"stop-{name}-{os.getpid()}"
                stopped.write_text(str(failure))
            else:
                _report(session, f"the_server_stops_cleanly[{name}]", str(failure))
    templates.drop()
    if is_worker:
        return
    directory = pathlib.Path(os.environ[RECORD_VARIABLE])
    for file in sorted(directory.glob("stop-*")):
        _report(session, f"the_server_stops_cleanly[{file.name}]", file.read_text())
    if session.config.getoption("--whole") and not session.config.option.collectonly:
        _check_whole(session, directory)


def _check_whole(session, directory):
    document = program.document()
    for database in databases.names():
        missing = coverage.never_seen(Contract(document), [database], directory)
        name = f"every_declared_operation_and_status_was_exercised[{database}]"
        _report(
            session, name, "\n".join(["declared, but never seen:", *missing] if missing else [])
        )
