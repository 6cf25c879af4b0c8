"""The README's tour, pasted into a shell."""

import pathlib
import re
import subprocess

import pytest

from support import program

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"


def tour_blocks():
    section = README.read_text().split("## A two-minute tour")[1].split("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


@pytest.mark.databases("sqlite")
def test_the_tour_works_when_pasted(new_database, start):
    blocks = tour_blocks()
    assert len(blocks) == 4
    assert "./run demo" in blocks[0]
    assert program.run(new_database, "demo").returncode == 0
    server = start()
    script = "set -euo pipefail\n" + "\n".join(blocks[1:])
    script = script.replace("http://127.0.0.1:8000", server.address)
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert '"next_cursor":' in done.stdout
    assert '"new_value":"Parish house"' in done.stdout
    assert '"comment":"Hall is taken"' in done.stdout
    assert '"role_name":"Editor"' in done.stdout
    assert '"version_number":3' in done.stdout
    assert "urn:fasti:problem" not in done.stdout
