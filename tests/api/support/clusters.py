"""PostgreSQL clusters of a test's own, which it may break: tools/private-postgres in Python."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

BIN = next(
    (
        path
        for path in map(pathlib.Path, ("/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin"))
        if path.is_dir()
    ),
    None,
)
# The server refuses to run as root.
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def folder():
    """For clusters: in memory where it can be, for these do sync."""
    place = "/dev/shm" if os.path.isdir("/dev/shm") else None
    return pathlib.Path(tempfile.mkdtemp(prefix="fasti-cluster-", dir=place))


class Cluster:
    """A server with its data in `directory`, in a folder that is the caller's own;
    `source`: a standby of that one."""

    def __init__(self, directory, source=None, **settings):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        if AS_POSTGRES:
            shutil.chown(self.directory, "postgres")
            self.directory.parent.chmod(0o711)
        self.data = self.directory / "data"
        self.port = free_port()
        self.settings = settings
        if source is None:
            self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync")
        else:
            self._run("pg_basebackup", "-d", source.url, "-D", self.data, "-R", "--no-sync",
                      "--checkpoint=fast")
        self.start()

    @property
    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, program, *arguments):
        done = subprocess.run(
            [*AS_POSTGRES, str(BIN / program), *map(str, arguments)], cwd=self.directory,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )
        log = self.directory / "log"
        assert done.returncode == 0, done.stdout + (log.read_text() if log.exists() else "")

    def start(self, **settings):
        self.settings.update(settings)
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        # Not into a pipe: the server would keep it open.
        with open(self.directory / "start", "ab") as said:
            done = subprocess.run(
                [*AS_POSTGRES, str(BIN / "pg_ctl"), "-D", str(self.data), "-l",
                 str(self.directory / "log"), "-w", "start", "-o",
                 f"-p {self.port} -k {self.directory} -h 127.0.0.1 {options}"],
                cwd=self.directory, stdout=said, stderr=said, timeout=120, check=False,
            )
        assert done.returncode == 0, (self.directory / "log").read_text()

    def stop(self, mode="immediate"):
        """"immediate": as a machine that loses its power."""
        self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def reload(self):
        self._run("pg_ctl", "-D", self.data, "reload")

    def promote(self):
        self._run("pg_ctl", "-D", self.data, "-w", "promote")

    def is_running(self):
        return (self.data / "postmaster.pid").exists()

    def drop(self):
        if self.is_running():
            self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def clone_url(self, url):
        """The same database, in this cluster."""
        return re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{self.port}", url)
