"""Makes a client from /openapi.json as other people do, and lets it have a whole session with a
server of its own.

    python3 tests/clients/run.py build/fasti typescript | python | java | go

What a generator brings goes into a folder that is gone afterwards; what is needed from a registry
is pinned beside the session of each language.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
GENERATOR = "org.openapitools:openapi-generator-cli:7.23.0"
READY_WITHIN_S = 30


def run(*command, cwd=None, **more):
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, **more
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}")
    return done.stdout.strip()


class Server:
    """A server with an empty database."""

    def __init__(self, program, folder):
        settings = {
            "DATABASE_URL": f"sqlite:///{folder}/fasti.db",
            "FASTI_DATA_DIR": str(folder),
            "FASTI_LISTEN": "127.0.0.1:0",
            "FASTI_BCRYPT_COST": "4",
            "FASTI_RATE_LIMIT": "off",
        }
        self.log = folder / "server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [program, "serve"],
                env={**os.environ, **settings},
                cwd=folder,
                stdout=log,
                stderr=log,
            )

    def url(self):
        end = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < end and self.process.poll() is None:
            found = re.search(rb"http://127\.0\.0\.1:[1-9]\d*", self.log.read_bytes())
            if found:
                return found[0].decode()
            time.sleep(0.01)
        sys.exit(f"the server did not start:\n{self.log.read_text()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def typescript(document, folder, url):
    for name in ("package.json", "package-lock.json", "tsconfig.json", "session.ts"):
        shutil.copy(HERE / "typescript" / name, folder)
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder)
    tools = folder / "node_modules" / ".bin"
    run(tools / "openapi-typescript", document, "-o", folder / "fasti.d.ts", cwd=folder)
    run(tools / "tsc", "-p", folder, cwd=folder)
    return run("node", folder / "made" / "session.js", url, cwd=folder)


def python(document, folder, url):
    run(sys.executable, "-m", "venv", folder / "venv")
    program = folder / "venv" / "bin" / "python"
    run(program, "-m", "pip", "install", "-q", "-r", HERE / "python" / "requirements.txt")
    tool = folder / "venv" / "bin" / "openapi-python-client"
    made = folder / "fasti_client"
    path = f"{folder}/venv/bin:{os.environ['PATH']}"  # it calls another program of its own
    run(tool, "generate", "--path", document, "--meta", "none", "--output-path", made, cwd=folder,
        env={**os.environ, "PATH": path})  # fmt: skip
    shutil.copy(HERE / "python" / "session.py", folder)
    return run(program, folder / "session.py", url, cwd=folder)


def openapi_generator(document, folder, language, **properties):
    run("mvn", "-q", "-B", "dependency:copy", f"-Dartifact={GENERATOR}",
        f"-DoutputDirectory={folder}", cwd=folder)  # fmt: skip
    (jar,) = folder.glob("openapi-generator-cli-*.jar")
    made = folder / "client"
    listed = ",".join(f"{name}={value}" for name, value in properties.items())
    run("java", "-jar", jar, "generate", "-i", document, "-g", language, "-o", made,
        f"--additional-properties={listed}", cwd=folder)  # fmt: skip
    return made


def java(document, folder, url):
    made = openapi_generator(
        document,
        folder,
        "java",
        library="okhttp-gson",
        useSingleRequestParameter="true",
        invokerPackage="fasti",
        apiPackage="fasti.api",
        modelPackage="fasti.model",
        artifactId="fasti",
    )
    shutil.copy(HERE / "java" / "Session.java", made / "src" / "main" / "java")
    shutil.rmtree(made / "src" / "test", ignore_errors=True)
    run("mvn", "-q", "-B", "-DskipTests", "compile", cwd=made)
    return run("mvn", "-q", "-B", "org.codehaus.mojo:exec-maven-plugin:3.5.0:java",
               "-Dexec.mainClass=Session", f"-Dexec.args={url}", cwd=made)  # fmt: skip


def go(document, folder, url):
    made = openapi_generator(document, folder, "go", packageName="fasti", withGoMod="false")
    shutil.rmtree(made / "test", ignore_errors=True)
    shutil.copy(HERE / "go" / "go.mod", made)
    (made / "session").mkdir()
    shutil.copy(HERE / "go" / "session.go", made / "session" / "main.go")
    run("go", "mod", "tidy", cwd=made)
    return run("go", "run", "./session", url, cwd=made)


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    make = {"typescript": typescript, "python": python, "java": java, "go": go}[sys.argv[2]]
    with tempfile.TemporaryDirectory(prefix="fasti-client-") as name:
        folder = pathlib.Path(name)
        document = folder / "openapi.json"
        document.write_text(run(program, "openapi"))
        (folder / "server").mkdir()
        server = Server(program, folder / "server")
        try:
            print(make(document, folder, server.url()))
        finally:
            server.stop()


main()
