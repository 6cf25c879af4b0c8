"""The disk of a machine that loses its power: what may be on it at any moment."""

import collections
import json
import re

SECTOR = 512  # is written whole or not at all
HEAD = re.compile(rb"HTTP/1\.1 (\d+) .*?\r\nContent-Length: (\d+)(?=\r\n).*?\r\n\r\n", re.DOTALL)


class File:
    """Its bytes as of the last sync, and what was done to it since."""

    def __init__(self):
        self.synced = bytearray()
        self.waiting = []  # (offset, bytes), or (length, None): cut off or made longer

    def sync(self):
        for change in self.waiting:
            apply(self.synced, *change)
        self.waiting = []

    def survives(self, keeps, share):
        """The bytes, when of each thing that was not synced chance decides."""
        content = bytearray(self.synced)
        if share in (0, 1):  # the same, and faster
            for change in self.waiting[: len(self.waiting) * share]:
                apply(content, *change)
            return content
        for offset, data in self.waiting:
            if data is None:
                if keeps():
                    apply(content, offset, None)
                continue
            end = offset + len(data)
            while offset < end:
                upto = min(end, (offset // SECTOR + 1) * SECTOR)
                if keeps():
                    apply(content, offset, data[len(data) - (end - offset) : upto - end or None])
                offset = upto
        return content


def apply(content, offset, data):
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class Disk:
    """Follows the lines of faulty.Machine: `take` each of them, `survivors` at any time."""

    def __init__(self):
        self.files = collections.defaultdict(File)
        self.names = {}  # as the running system sees them
        self.synced_names = {}
        self.waiting_names = []  # each as `names` was afterwards

    def take(self, kind, file, offset, name, data):
        if kind == "o":
            if offset:
                self.files[file].waiting.append((0, None))
            self._rename({**self.names, name: file})
        elif kind == "w":
            self.files[file].waiting.append((offset, data))
        elif kind == "t":
            self.files[file].waiting.append((offset, None))
        elif kind == "s":
            self.files[file].sync()
        elif kind == "d":
            self.synced_names = self.names
            self.waiting_names = []
        elif kind == "u":
            self._rename({other: at for other, at in self.names.items() if other != name})
        elif kind == "r":
            rest = {other: at for other, at in self.names.items() if other != name}
            self._rename({**rest, data.decode(): self.names[name]})

    def _rename(self, names):
        if names != self.names:
            self.names = names
            self.waiting_names.append(names)

    def survivors(self, chance, share):
        """{name: bytes}: of what was not synced the `share` is there, as chance decides."""
        names = self.synced_names
        for later in self.waiting_names:
            if chance.random() >= share:
                break
            names = later
        return {
            name: self.files[file].survives(lambda: chance.random() < share, share)
            for name, file in names.items()
        }


class Answers:
    """What was promised: the JSON of each 2xx, as soon as its last byte is on its way."""

    def __init__(self):
        self.waiting = collections.defaultdict(bytes)

    def take(self, connection, data):
        text = self.waiting[connection] + data
        found = []
        while (start := text.find(b"HTTP/1.1 ")) >= 0:
            head = HEAD.match(text, start)
            if head is None or len(text) < head.end() + int(head[2]):
                break
            body = text[head.end() : head.end() + int(head[2])]
            if head[1] in (b"200", b"201") and body.startswith(b"{"):
                found.append(json.loads(body))
            text = text[head.end() + int(head[2]) :]
        self.waiting[connection] = text
        return found
