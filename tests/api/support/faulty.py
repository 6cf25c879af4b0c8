"""A machine that fails, for a server under test: tests/faults/faults.c before its C library."""

import mmap
import os
import struct

import pytest

from support import program

LIBRARY = program.PROGRAM.parent / "tests" / "faults" / "faults.so"


class Machine:
    """The settings of a server on it: `**machine.settings`. What fails can change while it runs."""

    FIELDS = ("clock_s", "room", "free_mib")
    SOUND = {"clock_s": 0, "room": -1, "free_mib": -1}

    def __init__(self, directory, folder=None, lazy=False, **faults):
        if program.is_sanitized():
            pytest.skip("a build with a sanitizer, which is itself put before the C library")
        file = directory / "faults"
        file.write_bytes(bytes(8 * len(self.FIELDS)))
        with open(file, "r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), 0)
        self.set(**{**self.SOUND, **faults})
        self.settings = {"LD_PRELOAD": str(LIBRARY), "FAULTS_CONTROL": str(file)}
        self.log = directory / "faults.log"
        if folder is not None:
            self.settings["FAULTS_FOLDER"] = str(folder)
        if lazy:
            self.settings["FAULTS_LAZY"] = "1"

    def record(self):
        self.settings["FAULTS_LOG"] = str(self.log)
        return self

    def set(self, **faults):
        for name, value in faults.items():
            struct.pack_into("=q", self._memory, 8 * self.FIELDS.index(name), value)

    def get(self, name):
        return struct.unpack_from("=q", self._memory, 8 * self.FIELDS.index(name))[0]

    def lines(self):
        """What happened, in order: (kind, file, offset, name, bytes)."""
        header = struct.Struct("=IIQQQ")
        data = self.log.read_bytes()
        at = 0
        while at + header.size <= len(data):
            kind, name_bytes, file, offset, size = header.unpack_from(data, at)
            at += header.size
            name = os.fsdecode(data[at : at + name_bytes])
            at += name_bytes
            if at + size > len(data):
                return  # the server was killed in the middle of it
            yield chr(kind), file, offset, name, data[at : at + size]
            at += size
