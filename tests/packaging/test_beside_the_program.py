"""What a distribution installs beside the program says what the program says: manual, service,
completions. Needs man, systemd-analyze, strace, zsh and fish."""

import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("FASTI_PROGRAM", ROOT / "build" / "fasti")).resolve()
PACKAGING = ROOT / "packaging"
MADE = PROGRAM.parent / "packaging"


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def keys(directory):
    found = set(json.loads(output(PROGRAM, "config", "--json", cwd=directory)))
    assert len(found) > 20
    return found


# -- Manual ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["fasti.1", "fasti.env.5"])
def test_a_page_of_the_manual_is_sound(page):
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", PACKAGING / page],
        capture_output=True, text=True, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_manual_has_every_setting_of_the_service(tmp_path):
    page = (PACKAGING / "fasti.env.5").read_text().split(".SH SETTINGS")[1]
    assert {key for key in keys(tmp_path) if not re.search(rf"\b{key}\b", page)} == set()


def test_the_manual_has_every_command():
    page = (PACKAGING / "fasti.1").read_text().split(".SH COMMANDS")[1]
    commands = re.findall(r"^  ([a-z]+) ", output(PROGRAM, "help"), re.MULTILINE)
    assert "serve" in commands
    assert [name for name in commands if not re.search(rf"\.BR? .*\b{name}\b", page)] == []


# -- Service ---------------------------------------------------------------------------------------


def test_the_service_is_closed_to_what_it_does_not_need():
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager",
         MADE / "fasti.service"],
        capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "Overall exposure level for fasti.service" in done.stdout


def test_the_service_has_no_fault(tmp_path):
    """As its file says, but for the program, which is not installed here."""
    service = (MADE / "fasti.service").read_text()
    here = tmp_path / "fasti.service"
    here.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={PROGRAM}", service, flags=re.MULTILINE))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", here],
        capture_output=True, text=True,
    )
    faults = [line for line in done.stderr.splitlines() if "fasti.service" in line]
    assert (done.returncode, faults) == (0, [])


def test_every_secret_of_the_service_may_be_a_credential(tmp_path):
    service = (MADE / "fasti.service").read_text()
    loaded = set(re.findall(r"^LoadCredential=fasti\.(\w+)$", service, re.MULTILINE))
    by_file = re.findall(r"--\S+-file FILE  \((\w+)\)", output(PROGRAM, "help"))
    assert loaded == {"DATABASE_URL", *by_file}


def expand(group):
    """The system calls of a group of systemd."""
    found = set()
    for line in output("systemd-analyze", "syscall-filter", group).splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            found |= expand(name)
        elif name and not name.startswith("#"):
            found.add(name)
    return found


def allowed(service):
    found = set()
    for line in re.findall(r"^SystemCallFilter=(.*)$", service, re.MULTILINE):
        for name in line.lstrip("~").split():
            calls = expand(name) if name.startswith("@") else {name}
            found = found - calls if line.startswith("~") else found | calls
    return found


def post(address, path, body):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address + path, json.dumps(body).encode(), headers)
    return urllib.request.urlopen(request, timeout=20).status


def test_the_service_may_make_every_system_call_that_it_makes(tmp_path):
    trace = tmp_path / "trace"
    settings = {"FASTI_LISTEN": "127.0.0.1:0", "FASTI_DATA_DIR": str(tmp_path / "data")}
    server = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", trace, PROGRAM, "serve"], cwd=tmp_path, text=True,
        env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )
    said = ""
    while "/readyz" not in said:
        said += server.stdout.readline()
        assert server.poll() is None
    address = re.search(r"http://127\.0\.0\.1:\d+", said)[0]
    person = {"username": "amira", "email": "amira@example.org", "password": "a long sentence"}
    assert post(address, "/api/auth/register", person) == 201
    pid = int(trace.read_text().split()[0])
    os.kill(pid, signal.SIGTERM)
    assert server.wait(timeout=20) == 0
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE))
    assert "setpriority" in made and len(made) > 30
    service = (MADE / "fasti.service").read_text()
    # The first one starts the program, which systemd does; the other SQLite makes as root alone.
    assert made - {"execve", "fchown"} - allowed(service) == set()


# -- Completions -----------------------------------------------------------------------------------


def made(name):
    """A completion that asks the helper of the sources."""
    text = (MADE / name).read_text()
    changed = re.sub(r"/\S+/fasti/complete", str(PACKAGING / "completion" / "complete"), text)
    assert changed != text
    return changed


def in_bash(words):
    script = made("fasti.bash") + """
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _fasti "$1" "${!#}" "${@:$#-1:1}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    return output("bash", "-c", script, "-", *words)


def in_zsh(words):
    script = "compadd() { [[ $1 = -a ]] && print -l -- ${(M)${(P)2}:#${PREFIX}*} }\n"
    script += "_files() { print a-file }\n"
    script += "words=(\"$@\") CURRENT=$# PREFIX=${@[-1]}\n"
    script += "complete_it() {\n" + made("_fasti") + "\n}\ncomplete_it\n"
    return output("zsh", "-f", "-c", script, "-", *words)


def in_fish(words):
    script = made("fasti.fish") + f"complete -C '{' '.join(map(str, words))}'\n"
    return output("fish", "--no-config", "-c", script)


@pytest.mark.parametrize("shell", [in_bash, in_zsh, in_fish])
def test_a_shell_completes_commands_their_words_and_their_flags(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()

    def after(*words):
        return set(shell([PROGRAM, *words]).split())

    every = set(re.findall(r"^  ([a-z]+) ", output(PROGRAM, "help"), re.MULTILINE))
    assert after("") == every
    assert after("help", "he") == {"help", "healthcheck"}
    assert after("user", "") == {"add", "list", "passwd", "admin", "disable", "quota", "delete"}
    assert after("user", "--data-dir", "/somewhere", "li") == {"list"}
    assert after("schema", "--engine", "") == {"sqlite", "postgres"}
    assert after("user", "list", "--js") == {"--json"}
    assert after("user", "disable", "--js") == set()
    flags = after("serve", "--")
    assert "--data-dir" in flags and "--secret-key-file" in flags and "--secret-key" not in flags


@pytest.mark.parametrize("shell", [in_zsh, in_fish])  # bash does so by itself: -o default
def test_a_shell_offers_files_where_the_program_knows_nothing(shell, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-file").touch()
    assert "a-file" in shell([PROGRAM, "serve", "--secret-key-file", ""])
