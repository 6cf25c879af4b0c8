"""Images and containers without a registry: buildah and podman with a store of their own, and a
base made by mmdebstrap."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = "docker.io/library/debian:trixie-slim"
# No raising of limits, no writing into cgroups, no timers of systemd: a machine for tests may have
# none of these.
CONTAINERS = """[containers]
cgroups = "disabled"
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
"""
# Where version 1 of cgroups is mounted beside version 2, crun refuses to run: it is shown 2 alone.
CGROUPS_2_ALONE = """
    umount -R /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
    exec podman "$@"
"""
SLIM = [
    "--variant=minbase", "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    "--include=usr-is-merged", "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright", "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/lintian/*", "--dpkgopt=force-unsafe-io",
    '--aptopt=Acquire::Languages "none"', "--format=tar",
]


class Engine:
    def __init__(self):
        # Not in /tmp, which may be a tmpfs, where overlays cannot be.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="fasti-image-", dir="/var/tmp"))
        (self.directory / "storage.conf").write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self.directory}/graph"\n'
            f'runroot = "{self.directory}/run"\n'
        )
        (self.directory / "containers.conf").write_text(CONTAINERS)
        self.environment = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(self.directory / "storage.conf"),
            "CONTAINERS_CONF": str(self.directory / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }

    def close(self):
        if shutil.which("podman") is not None:
            self.podman("rm", "--all", "--force", check=False)
        # What is mounted inside another mount, before that one.
        for line in reversed(pathlib.Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(f"{self.directory}/"):
                subprocess.run(["umount", line.split()[1]])
        shutil.rmtree(self.directory)

    def run(self, *command, check=True, **more):
        done = subprocess.run(
            [str(word) for word in command], env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
            **({} if "input" in more else {"stdin": subprocess.DEVNULL}), **more,
        )
        if check and done.returncode != 0:
            said = (done.stdout + done.stderr)[-6000:]
            raise AssertionError(f"{command}: {done.returncode}\n{said}")
        return done

    def podman_command(self, *arguments):
        kind = subprocess.run(
            ["stat", "-f", "-c", "%T", "/sys/fs/cgroup"], capture_output=True, text=True
        ).stdout.strip()
        if kind == "cgroup2fs":
            return ["podman", *arguments]
        return ["unshare", "--mount", "sh", "-ec", CGROUPS_2_ALONE, "-", *arguments]

    def podman(self, *arguments, check=True, **more):
        return self.run(*self.podman_command(*arguments), check=check, **more)

    def popen(self, *arguments, **more):
        """A container in the foreground: it ends with its process."""
        command = [str(word) for word in self.podman_command("run", *arguments)]
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, **more)

    def why_not_build(self, *more):
        """Why there can be no images here; None: there can. `more`: programs that it takes."""
        if os.geteuid() != 0:
            return "images without a registry need root"
        for program in ("buildah", *more):
            if shutil.which(program) is None:
                return f"there is no {program}"
        done = self.run("buildah", "info", check=False)
        if done.returncode != 0:
            return f"buildah cannot run here: {done.stderr.strip()[-200:]}"
        return None

    def why_not(self):
        """Likewise containers."""
        reason = self.why_not_build("podman", "crun", "mmdebstrap")
        if reason is not None:
            return reason
        done = self.podman("info", check=False)
        if done.returncode != 0:
            return f"podman cannot run here: {done.stderr.strip()[-200:]}"
        return None

    def import_base(self, name, archive):
        """An image of the files of an archive."""
        container = self.run("buildah", "from", "scratch").stdout.strip()
        self.run("buildah", "add", "--quiet", container, archive, "/")
        self.run("buildah", "commit", "--quiet", "--rm", "--format", "docker", container, name)

    def files_of(self, name):
        """Where the files of an image lie."""
        container = self.run("buildah", "from", "--pull-never", name).stdout.strip()
        return pathlib.Path(self.run("buildah", "mount", container).stdout.strip())

    def make_base(self, name, *options):
        """An image of Debian 13 from the archive that this machine's packages come from."""
        mirror = self.run(
            "apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages",
            "Label: Debian",
        ).stdout.splitlines()[0]
        archive = self.directory / "base.tar"
        self.run("mmdebstrap", "--quiet", *SLIM, *options, "trixie", archive, mirror)
        self.podman("import", archive, name)
        archive.unlink()

    def build(self, name, *more):
        """As `docker build` does; --format docker: the other one has no health checks."""
        self.run(
            "buildah", "bud", "--format", "docker", "--network", "host", *more, "-f", "Dockerfile",
            "-t", name, ".", cwd=ROOT,
        )

    def image(self, name):
        return json.loads(self.podman("image", "inspect", name).stdout)[0]
