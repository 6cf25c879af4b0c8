"""fasti doctor: names what is wrong with an installation, and nothing else."""

import contextlib
import datetime
import fcntl
import json
import os
import shutil
import socket

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from support import clusters, databases, faulty, program
from support.people import Person, unused_name

SOUND, FINDINGS = 0, 5
HOST = "calendar.example.org"
BOTH, SQLITE, POSTGRES = [], [], []


@pytest.fixture(scope="module")
def cluster():
    """PostgreSQL as people run it; that of the other tests has no fsync."""
    directory = clusters.folder()
    made = clusters.Cluster(directory / "one")
    yield made
    made.drop()
    directory.rmdir()


class House:
    """An installation with some people and events in it."""

    def __init__(self, database):
        self.database = database
        self.directory = database.directory
        os.chmod(self.directory, 0o700)
        self.kept = []  # what must stay open until the doctor has been here

    def fill(self):
        for command in ("migrate", "demo"):
            done = program.run(self.database, command)
            assert done.returncode == 0, done.stderr
        return self

    def doctor(self, *arguments, **settings):
        settings = {"FASTI_BCRYPT_COST": None, "FASTI_RATE_LIMIT": None, **settings}
        return program.run(self.database, "doctor", *arguments, **settings)

    def findings(self, **settings):
        done = self.doctor("--json", **settings)
        report = json.loads(done.stdout)
        found = [one for one in report["findings"] if one["verdict"] in ("warning", "problem")]
        assert done.returncode == (FINDINGS if found else SOUND), done.stdout
        assert report["sound"] == (not found)
        for one in report["findings"]:
            assert (one["advice"] is not None) == (one in found), one
        return found

    def file(self, ending=""):
        return self.database.file.with_name(self.database.file.name + ending)


@pytest.fixture(scope="module")
def models():
    """What each test gets a copy of, by the database's name."""
    return {}


@pytest.fixture
def house(database_name, tmp_path, models, request, tmp_path_factory):
    more = {}
    if database_name == "postgres":
        more["admin_url"] = request.getfixturevalue("cluster").url
    if database_name not in models:
        made = databases.create(database_name, tmp_path_factory.mktemp("model") / "own", **more)
        models[database_name] = House(made).fill()
    model = models[database_name]
    if database_name == "postgres":
        more["template"] = model.database.database
    database = databases.create(database_name, tmp_path / "own", **more)
    if database_name == "sqlite":
        for ending in ("", ".lock"):
            shutil.copy(model.file(ending), f"{database.file}{ending}")
    yield House(database)
    if database_name == "sqlite":
        database.drop()  # the others go with their cluster


# -- A sound installation --------------------------------------------------------------------------


def test_a_sound_installation_has_no_findings(house):
    assert house.findings() == []
    text = house.doctor()
    assert text.returncode == SOUND
    assert text.stdout.endswith("\nThis installation is sound.\n") and text.stderr == ""
    assert "DATABASE_URL=" in text.stdout and "(environment)" in text.stdout


def test_nor_has_one_that_is_at_work(house, start):
    server = start(house.database)
    person = Person(server.client, unused_name("busy"))
    person.changes(person.creates()["id"], title="Changed")
    assert house.findings() == []
    person.creates()


def test_it_changes_nothing(house, database_name):
    if database_name == "postgres":
        query = "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS n FROM pg_stat_user_tables"
        before = sorted(map(str, house.database.rows(query)))
        house.findings()
        assert sorted(map(str, house.database.rows(query))) == before
    else:
        before = house.file().read_bytes()
        house.findings()
        assert house.file().read_bytes() == before


def test_it_says_where_each_setting_came_from_and_no_secret(house):
    (house.directory / ".env").write_text("FASTI_THREADS=3\n")
    secret = "not to be shown, 0123456789"
    done = house.doctor("--json", "--log-level", "error", FASTI_METRICS_TOKEN=secret)
    settings = json.loads(done.stdout)["settings"]
    assert settings["FASTI_THREADS"] == {"value": "3", "source": ".env"}
    assert settings["FASTI_METRICS_TOKEN"] == {"value": "(hidden)", "source": "environment"}
    assert settings["FASTI_LOG_LEVEL"] == {"value": "error", "source": "command line"}
    assert settings["FASTI_DOCS"] == {"value": "on", "source": "built-in"}
    assert settings["FASTI_TLS_CERT"] == {"value": None, "source": None}
    for text in (done.stdout, house.doctor(FASTI_METRICS_TOKEN=secret).stdout):
        assert secret not in text and program.SECRET not in text


def test_a_wrong_call_is_no_finding(house):
    assert house.doctor("everything").returncode == 2


@pytest.mark.databases("sqlite")
def test_before_the_first_start_it_says_what_to_do(database_name, tmp_path):
    found = House(databases.create(database_name, tmp_path / "new")).findings()
    assert [one["check"] for one in found] == ["database file"]
    assert "If this is new, start `fasti serve`." in found[0]["advice"]


# -- Faults ----------------------------------------------------------------------------------------


def fault(check, words, kinds=BOTH, also=()):
    """Plants one in a house, and returns settings to go with it. The doctor must name it in this
    check, by these words, and nothing else but what follows from it (`also`)."""

    def enter(plant):
        kinds.append(pytest.param(plant, check, words, {check, *also}, id=plant.__name__))
        return plant

    return enter


def look_for(house, plant, check, words, allowed):
    settings = plant(house) or {}
    with contextlib.ExitStack() as stack:
        for one in house.kept:
            stack.enter_context(one)
        found = house.findings(**settings)
        text = house.doctor(**settings).stdout
    assert any(one["check"] == check and words in one["says"] for one in found), found
    assert {one["check"] for one in found} <= allowed, found
    assert words in text and "         do: " in text


@fault("settings", "do you mean FASTI_LISTEN?")
def a_misspelt_setting(house):
    return {"FASTI_LISTN": "127.0.0.1:8000"}


@fault("settings", "FASTI_THREADS must be a whole number")
def a_setting_that_cannot_be_read(house):
    return {"FASTI_THREADS": "many"}


@fault("settings", "FASTI_BCRYPT_COST is 4")
def cheap_passwords(house):
    return {"FASTI_BCRYPT_COST": "4"}


@fault("settings", "FASTI_RATE_LIMIT is off")
def no_limit_of_rates(house):
    return {"FASTI_RATE_LIMIT": "off"}


@fault("settings", ".env holds a secret but others may read")
def an_env_file_that_others_read(house):
    file = house.directory / ".env"
    file.write_text(f"SECRET_KEY={program.SECRET}\n")
    file.chmod(0o644)


@fault("secret", "SECRET_KEY")
def a_secret_that_can_be_guessed(house):
    return {"SECRET_KEY": "abc" * 20}


@fault("secret", "others")
def a_secret_that_others_read(house):
    file = house.directory / "secret"
    file.write_text("0123456789abcdef" * 4 + "\n")
    file.chmod(0o644)
    return {"SECRET_KEY": None}


@fault("data directory", "Others may look into")
def a_directory_that_others_read(house):
    house.directory.chmod(0o755)


@fault("data directory", "Others may put files into")
def a_directory_that_others_write(house):
    house.directory.chmod(0o777)


@fault("addresses", "trusts 0.0.0.0/0")
def everybody_is_a_proxy(house):
    return {"FASTI_TRUSTED_PROXIES": "10.0.0.1, 0.0.0.0/0"}


@fault("addresses", "FASTI_TRUSTED_PROXIES names none")
def a_proxy_that_is_not_named(house):
    return {"FASTI_PUBLIC_URL": f"https://{HOST}"}


@fault("addresses", "refused (421)")
def clients_are_sent_to_a_name_that_is_refused(house):
    return {
        "FASTI_PUBLIC_URL": f"https://{HOST}",
        "FASTI_TRUSTED_PROXIES": "127.0.0.1",
        "FASTI_ALLOWED_HOSTS": f"other.example.org, www.{HOST}:443",
    }


def certificate(house, days, host=HOST, other_key=False, mode=0o600):
    """Settings that name one which ends in `days`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=400))
        .not_valid_after(now + datetime.timedelta(days=days, hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (house.directory / "cert.pem").write_bytes(made.public_bytes(pem))
    file = house.directory / "key.pem"
    file.touch(mode)
    file.chmod(mode)
    given = ec.generate_private_key(ec.SECP256R1()) if other_key else key
    file.write_bytes(
        given.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return {
        "FASTI_TLS_CERT": str(house.directory / "cert.pem"),
        "FASTI_TLS_KEY": str(file),
        "FASTI_PUBLIC_URL": f"https://{HOST}:8443/",
    }


def test_a_sound_certificate_is_no_finding(house):
    assert house.findings(**certificate(house, 60)) == []
    assert "is good for 60 days" in house.doctor(**certificate(house, 60)).stdout


@fault("certificate", "ended 3 days ago")
def a_certificate_that_is_over(house):
    return certificate(house, -3)


@fault("certificate", "ends in 5 days")
def a_certificate_that_is_nearly_over(house):
    return certificate(house, 5)


@fault("certificate", f"is not for {HOST}")
def a_certificate_for_somebody_else(house):
    return certificate(house, 60, host="other.example.org")


@fault("certificate", "does not belong to the certificate")
def the_key_of_another_certificate(house):
    return certificate(house, 60, other_key=True)


@fault("certificate", "holds a secret but others may read")
def a_key_that_others_read(house):
    return certificate(house, 60, mode=0o644)


@fault("certificate", "There is no certificate in")
def a_file_that_is_no_certificate(house):
    settings = certificate(house, 60)
    (house.directory / "cert.pem").write_text("nothing\n")
    return settings


@fault("disk", "3 MiB are free")
def a_full_disk(house):
    return faulty.Machine(house.directory, free_mib=3).settings


@fault("disk", "100 MiB are free")
def a_disk_that_is_nearly_full(house):
    return faulty.Machine(house.directory, free_mib=100).settings


@fault("clock", "The clock says 19", also=("moments",))
def a_clock_that_was_never_set(house):
    years = datetime.datetime.now().year - 1975
    return faulty.Machine(house.directory, clock_s=-years * 366 * 86400).settings


@fault("tzdata", "several governments", also=("moments",))
def zones_of_long_ago(house):
    return faulty.Machine(house.directory, clock_s=4 * 366 * 86400).settings


@fault("moments", "The last change is of", also=("moments",))
def a_clock_that_was_set_back(house):
    return faulty.Machine(house.directory, clock_s=-2 * 86400).settings


@fault("time zones", "Atlantis/Capital")
def a_zone_that_nobody_knows(house):
    house.database.change("UPDATE events SET timezone = 'Atlantis/Capital' WHERE id = 1")


@fault("schema", "this program wants")
def a_schema_that_is_too_old(house):
    house.database.change(
        "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)"
    )


@fault("schema", "The schema is 999")
def a_schema_that_is_too_new(house):
    house.database.change(
        "INSERT INTO schema_version SELECT 999, max(applied_at) FROM schema_version"
    )


@fault("schema", "idx_blocks_blocked_id is missing")
def an_index_that_is_gone(house):
    house.database.change("DROP INDEX idx_blocks_blocked_id")


@fault("copies", "do not say what their events say")
def roles_that_lie_about_their_events(house):
    house.database.change("UPDATE event_permissions SET extent_class = 4 WHERE id = 1")


@fault("copies", "roles mean something else than their names")
def roles_that_mean_something_else(house):
    house.database.change("UPDATE event_permissions SET meaning = 3 WHERE meaning = 1")


@fault("copies", "more or fewer events than was counted")
def events_that_were_miscounted(house):
    house.database.change("UPDATE event_counts SET events = events + 1 WHERE user_id = 2")


@fault("copies", "take more or less than was counted")
def a_quota_that_was_miscounted(house):
    house.database.change("UPDATE event_counts SET history_bytes = history_bytes + 1")


@fault("copies", "lines of the changelog name no version of theirs")
def a_version_that_is_lost(house):
    house.database.change(
        "DELETE FROM event_versions WHERE version_number = 1 AND event_id IN"
        " (SELECT id FROM events WHERE version_number > 1)"
    )


@fault("copies", "events are not what their newest version is")
def an_event_that_is_not_its_newest_version(house):
    house.database.change("UPDATE events SET version_number = version_number + 1 WHERE id = 1")


# -- On SQLite alone -------------------------------------------------------------------------------


@fault("database file", "cannot be found", SQLITE)
def a_file_that_is_lost(house):
    house.file().unlink()


@fault("database file", "Others may read or write", SQLITE)
def a_file_that_others_read(house):
    house.file().chmod(0o644)


@fault("database file", "is no database of SQLite, or was overwritten", SQLITE)
def a_header_that_was_overwritten(house):
    with open(house.file(), "r+b") as file:
        file.write(b"Dear diary, " * 10)


@fault("database file", "its end was cut off", SQLITE)
def a_file_that_was_cut_off(house):
    os.truncate(house.file(), house.file().stat().st_size // 2)


@fault("database file", "is not WAL", SQLITE)
def another_journal_mode(house):
    house.database.change("PRAGMA journal_mode = DELETE")


def zero_page(house, name):
    page, size = house.database.rows(
        f"SELECT rootpage, (SELECT page_size FROM pragma_page_size) AS size"
        f" FROM sqlite_master WHERE name = '{name}'"
    )[0].values()
    with open(house.file(), "r+b") as file:
        file.seek((page - 1) * size)
        file.write(bytes(size))


@fault("integrity", "", SQLITE)
def a_table_that_was_zeroed(house):
    zero_page(house, "events")


@fault("integrity", "", SQLITE)
def an_index_that_was_zeroed(house):
    zero_page(house, "idx_events_series_of")


@fault("copies", "rows belong to an event or a person that is not there", SQLITE)
def events_of_nobody(house):
    house.database.change("DELETE FROM users WHERE id = 1")


@fault("server", "was left by a server that did not end in order", SQLITE)
def a_socket_that_was_left(house):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(house.file(".sock")))
    house.file(".sock").chmod(0o600)


@fault("server", "is no socket", SQLITE)
def a_file_in_place_of_the_socket(house):
    house.file(".sock").touch(0o600)


@fault("server", "has the lock of the database and hears no commands", SQLITE)
def a_lock_that_somebody_keeps(house):
    lock = open(house.file(".lock"), "r+b")
    fcntl.flock(lock, fcntl.LOCK_EX)
    house.kept.append(lock)


# -- On PostgreSQL alone ---------------------------------------------------------------------------


@fault("database", "PostgreSQL cannot be reached", POSTGRES)
def a_server_that_is_away(house):
    return {"DATABASE_URL": f"postgresql://postgres@127.0.0.1:{clusters.free_port()}/fasti"}


@fault("database", "PostgreSQL cannot be reached", POSTGRES)
def a_database_that_is_lost(house):
    return {"DATABASE_URL": house.database.url + "_lost"}


@fault("database settings", "synchronous_commit is off", POSTGRES)
def commits_that_do_not_wait(house):
    house.database.change(
        f"ALTER DATABASE {house.database.database} SET synchronous_commit = off"
    )


@fault("database settings", "zero_damaged_pages is on", POSTGRES)
def damage_that_is_hidden(house):
    house.database.change(
        f"ALTER DATABASE {house.database.database} SET zero_damaged_pages = on"
    )


@fault("database settings", "connections, and this server opens up to", POSTGRES)
def too_few_connections(house):
    return {"FASTI_THREADS": "256"}


@fault("integrity", "the index idx_sessions_user_id is not valid", POSTGRES)
def an_index_that_was_not_finished(house):
    house.database.change(
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_sessions_user_id'::regclass"
    )


@fault("integrity", "holds the lock of migrations", POSTGRES)
def a_migration_that_hangs(house):
    connection = databases.connect(house.database.url)
    connection.cursor().execute("SELECT pg_advisory_lock(1717662580, hashtext(current_schema()))")
    house.kept.append(contextlib.closing(connection))


@fault("copies", "rows belong to an event or a person that is not there", POSTGRES)
def references_that_nobody_looked_at(house):
    house.database.change("SET session_replication_role = replica; DELETE FROM users WHERE id = 1")


@pytest.mark.parametrize(("plant", "check", "words", "allowed"), BOTH)
def test_a_planted_fault_is_named(house, plant, check, words, allowed):
    look_for(house, plant, check, words, allowed)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("plant", "check", "words", "allowed"), SQLITE)
def test_a_planted_fault_of_sqlite_is_named(house, plant, check, words, allowed):
    look_for(house, plant, check, words, allowed)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(("plant", "check", "words", "allowed"), POSTGRES)
def test_a_planted_fault_of_postgres_is_named(house, plant, check, words, allowed):
    look_for(house, plant, check, words, allowed)


@pytest.mark.databases("postgres")
@pytest.mark.parametrize(
    ("setting", "words"), [("fsync", "fsync is off"), ("full_page_writes", "may tear pages")]
)
def test_a_cluster_that_may_lose_everything_is_named(house, cluster, setting, words):
    def alter(value):
        with contextlib.closing(databases.connect(cluster.url)) as connection:
            connection.cursor().execute(f"ALTER SYSTEM SET {setting} = {value}")
        cluster.reload()
        while house.database.rows(f"SHOW {setting}")[0][setting] != value:
            pass  # the server reads its file in its own time

    alter("off")
    found = house.findings()
    alter("on")
    assert [one["check"] for one in found] == ["database settings"]
    assert words in found[0]["says"]


@pytest.mark.databases("postgres")
def test_another_encoding_is_named(cluster, tmp_path):
    database = databases.create(
        "postgres", tmp_path / "own", admin_url=cluster.url, encoding="SQL_ASCII"
    )
    found = House(database).fill().findings()
    assert [one["check"] for one in found] == ["database settings"]
    assert "the encoding is not UTF8" in found[0]["says"]


@pytest.mark.databases("postgres")
def test_a_standby_is_named(house, cluster):
    standby = clusters.Cluster(cluster.directory.parent / "two", source=cluster)
    try:
        found = house.findings(DATABASE_URL=standby.clone_url(house.database.url))
    finally:
        standby.drop()
    assert [one["check"] for one in found] == ["database settings"]
    assert "this is a standby" in found[0]["says"]


@pytest.mark.databases("postgres")
def test_a_database_that_was_taken_over_is_sound(cluster, tmp_path):
    database = databases.create("postgres", tmp_path / "own", admin_url=cluster.url)
    database.load_old_system()
    assert program.run(database, "migrate").returncode == 0
    assert House(database).findings() == []
