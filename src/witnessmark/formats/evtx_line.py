"""An event of a Windows log as one line: number, time, provider, event, level, computer, user, then all other values.

What the first cells hold is set by the schema of events ([MS-EVEN6], section 2.2.13 and the event schema, `System`);
other elements follow as `name=value`; those of `System` stand last, an attribute with its element's name before it.
"""

import re
from collections.abc import Iterable
from typing import Final

from witnessmark.formats.evtx_xml import BrokenXml, Said

LEVELS: Final = {
    "0": "Information",
    "1": "Critical",
    "2": "Error",
    "3": "Warning",
    "4": "Information",
    "5": "Verbose",
}
"""Levels as Event Viewer names them."""
_PLACED: Final = {
    ("TimeCreated", "SystemTime"): "time",
    ("Provider", "Name"): "provider",
    ("EventID", ""): "event",
    ("Level", ""): "level",
    ("Computer", ""): "computer",
    ("Security", "UserID"): "user",
}
_NOT_PRINTED = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


class Line:
    """The line of one record; `number` and `written` are what stands in the record's own head."""

    def __init__(self, number: int, written: str) -> None:
        self._number = number
        self.placed = dict.fromkeys(_PLACED.values(), "")
        self.placed["time"] = written
        self._data: list[str] = []
        self._system: list[str] = []

    def fill(self, event: Iterable[Said]) -> bool:
        """Take up the elements of the event; return whether they could be followed to the end."""
        try:
            for said in event:
                if said.inside == "System":
                    self._take_system(said)
                elif said.name != "System":
                    self._take(said)
        except BrokenXml:
            return False
        return True

    def __str__(self) -> str:
        placed = self.placed
        level = LEVELS.get(placed["level"], placed["level"])
        first = [placed["time"], placed["provider"], placed["event"], level, placed["computer"], placed["user"]]
        return "\t".join([str(self._number), *map(_plain, first), *map(_plain, self._data), *map(_plain, self._system)])

    def _take_system(self, said: Said) -> None:
        for name, value in (("", said.text), *said.attributes):
            place = _PLACED.get((said.name, name))
            if not value or (said.name == "EventRecordID" and value == str(self._number)):
                continue
            if place is not None:
                self.placed[place] = value
            else:
                self._system.append(f"{said.name}.{name}={value}" if name else f"{said.name}={value}")

    def _take(self, said: Said) -> None:
        label, others = said.name, []
        for name, value in said.attributes:
            if name == "Name" and said.name in ("Data", "ComplexData"):
                label = value
            elif name != "xmlns" and value:
                others.append(f"{name}={value}")
        if label == "Data":
            self._data.append(said.text)
        elif said.text or label != said.name:
            self._data.append(f"{label}={said.text}")
        elif label not in ("Event", "EventData"):
            self._data.append(f"{label}:")
        self._data += others


def _plain(text: str) -> str:
    """Return a value without what would end its cell or its line."""
    return text if text.isprintable() else _NOT_PRINTED.sub(" ", text).strip()
