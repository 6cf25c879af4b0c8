"""The program under test: its commands, and a server of its own for every worker and database."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

from support import invariants
from support.client import Client

ROOT = pathlib.Path(__file__).parents[3]
PROGRAM = pathlib.Path(os.environ.get("FASTI_PROGRAM", ROOT / "build" / "fasti")).resolve()
SECRET = "a-secret-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
READY_WITHIN_S = 30
STOPPED_WITHIN_S = 20
SANITIZER_REPORT = re.compile(
    rb"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|SUMMARY: \w+Sanitizer|runtime error:"
    rb"|detected memory leaks|Assertion `"
)


def is_sanitized():
    """A build with a sanitizer is slower and larger on purpose: figures mean nothing there."""
    return re.search(rb"__[at]san_init", PROGRAM.read_bytes()) is not None


def environment(database, **more):
    """The settings of a test server: cheap passwords, no throttle, everything in its own place."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("FASTI_") or name.startswith("FASTI_TEST")
    }
    kept = {name: value for name, value in kept.items() if not name.startswith("FASTI_TEST")}
    settings = {
        "DATABASE_URL": database.url,
        "SECRET_KEY": SECRET,
        "FASTI_LISTEN": "127.0.0.1:0",
        "FASTI_DATA_DIR": str(database.directory),
        "FASTI_BCRYPT_COST": "4",
        "FASTI_RATE_LIMIT": "off",
    }
    settings.update(more)
    kept.update({name: value for name, value in settings.items() if value is not None})
    return kept


def run(database, *arguments, stdin="", timeout=60, **settings):
    """Runs one command of the program and returns the finished process."""
    done = subprocess.run(
        [str(PROGRAM), *arguments],
        input=stdin,
        env=environment(database, **settings),
        cwd=database.directory,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    report = SANITIZER_REPORT.search(done.stderr.encode())
    assert report is None, done.stderr
    return done


class Server:
    """A running `fasti serve`."""

    def __init__(self, database, program=PROGRAM, **settings):
        self.database = database
        self.program = program
        self.settings = settings
        self.host = "127.0.0.1"
        self.client = Client(self)
        self.start()

    def start(self):
        """After stop(): again, on another port, which its client knows."""
        self.log_file = pathlib.Path(self.database.directory) / f"server-{time.monotonic_ns()}.log"
        self.started = time.monotonic()
        with open(self.log_file, "wb") as log:
            self.process = subprocess.Popen(
                [str(self.program), "serve"],
                env=environment(self.database, **self.settings),
                cwd=self.database.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.port = self._find_port()
        self._wait_until_ready()

    def restart(self):
        """At its start it looks at once at what it else looks at every few seconds, such as the
        files of the zones."""
        self.stop()
        self.start()

    @property
    def address(self):
        return f"http://{self.host}:{self.port}"

    @property
    def log(self):
        return self.log_file.read_bytes()

    def resident_kib(self, kind="VmRSS"):
        """All of it, or only its own memory ("RssAnon") or what it maps of files ("RssFile")."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{kind}:\s+(\d+) kB", status)[1])

    def cpu_s(self):
        """What the process has used so far, on all its threads."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def _find_port(self):
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end:
            found = re.search(rb"http://127\.0\.0\.1:(\d+)", self.log)
            if found and int(found[1]) != 0:
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.002)
        raise AssertionError(f"the server did not start:\n{self.last_words()}")

    def _wait_until_ready(self):
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end:
            try:
                if self.client.request("GET", "/readyz", recorded=False).status == 200:
                    return
            except OSError:
                pass
            assert self.process.poll() is None, self.last_words()
            time.sleep(0.005)
        raise AssertionError(f"the server is not ready:\n{self.last_words()}")

    def last_words(self):
        """The exit code, a sanitizer's report, and the end of the log."""
        log = self.log
        report = SANITIZER_REPORT.search(log)
        start = max(0, report.start() - 200) if report else max(0, len(log) - 1500)
        return (
            f"exit code {self.process.poll()}\n{log[start : start + 8000].decode(errors='replace')}"
        )

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the server as an administrator would; it must go cleanly, and leave the database
        sound."""
        self.client.close()
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the server did not stop after SIGTERM") from None
        self.check_log()
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.last_words()}"
        faults = invariants.broken(self.database)
        assert not faults, "\n".join(faults[:20])

    def check_log(self):
        assert SANITIZER_REPORT.search(self.log) is None, self.last_words()


def document():
    """/openapi.json, as the program prints it."""
    done = subprocess.run([str(PROGRAM), "openapi"], capture_output=True, timeout=30, check=True)
    return json.loads(done.stdout)
