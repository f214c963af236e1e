"""A keeper: an archive that is sealed into and read, step by step."""

from collections import Counter
from random import Random

from witnessmark.archive.audit import audit
from witnessmark.archive.folder import Archive
from witnessmark.catalogue.query import Catalogue
from witnessmark.intake.read import read_due
from witnessmark.intake.receive import Receiver, Wanted
from witnessmark.intake.walk import source_root
from witnessmark.settings import Settings
from witnessmark.work import step

CLOCK = "2032-06-12T09:41:00Z"


class Keeper:
    """An archive whose readers are those of this folder, unless a test wants ours."""

    def __init__(self, root):
        self.root, self.entropy = root, Random(7).randbytes
        Archive.create(root, Settings(origin="archive.example/abcdefgh23456722", pad=8), entropy=self.entropy)

    def seal(self, source):
        wanted = Wanted((source_root(str(source)),))
        with Archive.writing(self.root, entropy=self.entropy) as archive, Catalogue.open(archive) as catalogue:
            receiver = Receiver(archive, catalogue, clock=lambda: CLOCK, entropy=self.entropy)
            for _ in receiver.receive(wanted, seconds=lambda: 0.0):
                pass

    def read(self, stop_after=None, workers=2):
        """Read what is due; with `stop_after`, close the run after so many steps."""
        with Archive.writing(self.root, entropy=self.entropy) as archive, Catalogue.open(archive) as catalogue:
            run = read_due(archive, catalogue, workers=workers, clock=lambda: CLOCK, entropy=self.entropy)
            readings = next(run)
            for count, readings in enumerate(run, 1):  # noqa: B007
                if count == stop_after:
                    break
            run.close()
            return readings

    @property
    def rows(self):
        with Archive.reading(self.root) as archive, Catalogue.open(archive) as catalogue:
            return list(catalogue.exhibits())

    @property
    def paths(self):
        return Counter(row.printed for row in self.rows)

    @property
    def due(self):
        with Archive.reading(self.root) as archive, Catalogue.open(archive) as catalogue:
            return catalogue.counts(step.VERSION, step.SETTINGS).due

    @property
    def problems(self):
        with Archive.reading(self.root) as archive:
            return list(audit(archive))
