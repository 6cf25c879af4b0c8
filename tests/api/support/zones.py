"""A directory of zone files of a test's own, for TZDIR."""

import os
import pathlib
import shutil

SYSTEM = pathlib.Path("/usr/share/zoneinfo")
ZURICH = "Europe/Zurich"
# Nine to ten in the morning there, by its rules of today; without summer time the first one moves.
SUMMER = {
    "start_time": "2027-08-02T07:00:00Z",
    "end_time": "2027-08-02T08:00:00Z",
    "timezone": ZURICH,
}
WINTER = {
    "start_time": "2027-01-04T08:00:00Z",
    "end_time": "2027-01-04T09:00:00Z",
    "timezone": ZURICH,
}


class Zones:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def put(self, file, name):
        """Puts a file in the place of a zone's, as an upgrade does: by a rename."""
        at = self.directory / name
        at.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, f"{at}.new")
        os.replace(f"{at}.new", at)

    def put_system(self, of, name):
        """The system's file of one zone in the place of another's."""
        self.put(SYSTEM / of, name)

    def release(self, name):
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "tzdata.zi").write_text(f"# version {name}\n")

    def link(self, to, name):
        """Makes one zone's name another name of the zone `to`."""
        at = self.directory / name
        new = at.with_name(f"{at.name}.new")
        new.symlink_to(os.path.relpath(self.directory / to, at.parent))
        os.replace(new, at)


def of_zurich(directory):
    """Its zone as the system has it."""
    made = Zones(directory)
    made.put_system(ZURICH, ZURICH)
    made.release("2025b")
    return made


def take_summer_time(zones):
    """Zurich without summer time, which is what Lagos has."""
    zones.release("2026f")
    zones.put_system("Africa/Lagos", ZURICH)
