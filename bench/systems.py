"""What is measured: how each is started, and what it costs the machine."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build-bench")
HOME = os.environ.get("BENCH_HOME", "")
PG_PORT = os.environ.get("BENCH_POSTGRES_PORT", "")
PG_PID = int(os.environ.get("BENCH_POSTGRES_PID", "0"))
CORES = len(os.sched_getaffinity(0))
TICKS = os.sysconf("SC_CLK_TCK")
SECRET = "benchmark-secret-benchmark-secret-0"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def psql(database, text):
    """Runs a script as the superuser; gives what it prints."""
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p",
               PG_PORT, "-U", "postgres", "-d", database]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


# -- What processes cost --------------------------------------------------------------------------

def process_tree(pid):
    """The process and all that descend from it."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(name))
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue.extend(children.get(found[-1], []))
    return found


def cpu_seconds(pid):
    """CPU of a tree so far, of children that have ended too."""
    ticks = 0
    for member in process_tree(pid):
        try:
            with open(f"/proc/{member}/stat") as stat:
                ticks += sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:15]))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return ticks / TICKS


def resident_mib(pid):
    """Memory of a tree; what processes share is counted once (PSS)."""
    kib = 0
    for member in process_tree(pid):
        try:
            with open(f"/proc/{member}/smaps_rollup") as rollup:
                kib += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return kib / 1024


# -- Systems --------------------------------------------------------------------------------------

class System:
    """A server under test."""
    database = None  # its name in PostgreSQL
    admin = None  # name and password of an administrator
    process = None

    def start(self):
        self.port = free_port()
        self.log = open(os.path.join(HOME, f"{self.name}.log"), "a")
        self.process = subprocess.Popen(self.command(), cwd=HOME, stdout=self.log,
                                        stderr=subprocess.STDOUT, env=self.environment())
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit(f"{self.name} does not start: see {self.log.name}\n"
                         + open(self.log.name).read()[-2000:])

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def environment(self):
        return {**os.environ, "SECRET_KEY": SECRET, "ACCESS_TOKEN_EXPIRE_MINUTES": "1440"}

    def call(self, method, path, body=None, token=None, form=False):
        """One request; gives what came back as JSON."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = None
        if body is not None:
            data = body.encode() if form else json.dumps(body).encode()
            headers["Content-Type"] = ("application/x-www-form-urlencoded" if form
                                       else "application/json")
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, headers,
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                self.last_headers = reply.headers
                self.last_size = len(text := reply.read())
                return json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{self.name}: {method} {path}: {error.code} "
                             f"{error.read()[:300]!r}") from None

    def cpu(self):
        """CPU seconds so far: of the server, of the database."""
        return cpu_seconds(self.process.pid), cpu_seconds(PG_PID) if self.database else 0.0


class Fasti(System):
    cost = "12"
    admin = ("chief", "four plain words, 1 number")

    def command(self):
        return [os.path.join(BUILD, "fasti"), "serve"]

    def environment(self):
        return {**super().environment(), "DATABASE_URL": self.url,
                "FASTI_LISTEN": f"127.0.0.1:{self.port}", "FASTI_RATE_LIMIT": "off",
                "FASTI_LOG_LEVEL": "warning", "FASTI_DATA_DIR": os.path.join(HOME, self.name),
                "FASTI_BCRYPT_COST": self.cost, **self.first_admin()}

    def first_admin(self):
        if not self.admin:
            return {}
        return {"FASTI_ADMIN_USERNAME": self.admin[0], "FASTI_ADMIN_PASSWORD": self.admin[1],
                "FASTI_ADMIN_EMAIL": f"{self.admin[0]}@example.org"}


class FastiSqlite(Fasti):
    name, title = "fasti-sqlite", "Fasti on SQLite"
    file_name = "fasti.db"

    def __init__(self):
        self.file = os.path.join(HOME, self.file_name)
        self.url = f"sqlite:///{self.file}"


class FastiPostgres(Fasti):
    name, title, database = "fasti-postgres", "Fasti on PostgreSQL", "fasti"

    def __init__(self, template="template1"):
        psql("postgres", f"CREATE DATABASE {self.database} TEMPLATE {template}")
        self.url = f"postgresql://postgres@127.0.0.1:{PG_PORT}/{self.database}"


class Peer(System):
    name, title, database = "peer", "FastAPI", "peer"

    def __init__(self):
        psql("postgres", f"CREATE DATABASE {self.database}")
        self.url = f"postgresql+psycopg2://postgres@127.0.0.1:{PG_PORT}/{self.database}"
        self.folder = os.path.join(HOME, "fastapi_peer")
        shutil.copytree(os.path.join(ROOT, "bench", "fastapi_peer"), self.folder)
        subprocess.run(["/usr/bin/python3", "create_tables.py"], cwd=self.folder, check=True,
                       env=self.environment())

    def command(self):
        return ["/usr/bin/python3", "-m", "uvicorn", "--app-dir", self.folder, "main:app",
                "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(CORES),
                "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level",
                "warning"]

    def environment(self):
        return {**super().environment(), "DATABASE_URL": self.url}


class Hello(System):
    """The bare library, answering with as many bytes as Fasti does to the same request."""
    name, title = "hello", "bare libmicrohttpd"

    def __init__(self, size):
        self.size = size

    def command(self):
        return [os.path.join(BUILD, "bench", "hello"), str(self.port), str(CORES), str(self.size)]
