"""The image, built from the Dockerfile by buildah on a base that is made already: a Debian 13 of
mmdebstrap with what the program is built of (FASTI_TEST_BASE). It is run from its files, without
containers; the long form, test_image.py, builds it on a Debian with nothing in it, and runs it as
the compose files say."""

import json
import os

import pytest

from engine import BASE
from test_image_root import (  # noqa: F401: of this image as well
    pytestmark,
    test_it_has_no_other_program,
    test_it_has_zones_and_certificates,
    test_it_is_small,
    test_it_says_whose_work_is_in_it,
    test_the_program_runs_in_it_read_only_without_rights_and_ends_well,
)


@pytest.fixture(scope="module")
def image(builder):
    builder.import_base(BASE, os.environ["FASTI_TEST_BASE"])
    builder.build("fasti")
    return builder.files_of("localhost/fasti")


def test_it_says_how_it_is_run(builder, image):
    told = json.loads(builder.run("buildah", "inspect", "--type", "image", "fasti").stdout)
    config = told["Docker"]["config"]
    assert config["User"] == "10001:10001"
    assert config["Volumes"] == {"/data": {}}
    assert (config["Entrypoint"], config["Cmd"]) == (["/usr/bin/fasti"], ["serve"])
    assert config["StopSignal"] in ("15", "SIGTERM")
    assert config["Healthcheck"]["Test"] == ["CMD", "/usr/bin/fasti", "healthcheck"]
    assert {"FASTI_LISTEN=0.0.0.0:8000", "FASTI_DATA_DIR=/data"} <= set(config["Env"])
    data = (image / "data").stat()
    assert (data.st_uid, data.st_gid, data.st_mode & 0o777) == (10001, 10001, 0o700)
