"""All files of an edition but the three that vouch for it: pages, data, proofs, texts, fonts, the verifier."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Final

from witnessmark.archive.folder import Archive
from witnessmark.edition import gather, index, page, proofs
from witnessmark.edition.folder import Folder
from witnessmark.edition.gather import Gathered, Gathering
from witnessmark.edition.html import Pages
from witnessmark.edition.page import ExhibitPage
from witnessmark.edition.plan import Plan
from witnessmark.errors import Damaged
from witnessmark.model import codec
from witnessmark.verify import pack

_READ_FOR_PAGE: Final = 4 * page.TEXT_ON_PAGE
"""So many bytes of a text are looked at for its page; the rest could not stand there anyway."""


@dataclass(frozen=True, slots=True)
class Site:
    """The words that every page shares."""

    title: str
    keeper: str
    about: str
    edition: int
    on: str
    origin: str
    vkey: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """What was written: how many exhibits, how many findings wait for a person, under which checkpoints it is shown."""

    exhibits: int
    waiting: int
    sizes: frozenset[int]


class Rendering:
    """One edition on its way into its folder."""

    def __init__(self, archive: Archive, plan: Plan, folder: Folder) -> None:
        self._archive = archive
        self._plan = plan
        self._folder = folder
        self._pages = Pages()
        self._site = Site(plan.title, plan.keeper, plan.about, plan.edition, plan.on, archive.ledger.origin, plan.vkey)

    def render(self, gathering: Gathering) -> Rendered:
        """Write everything that the manifest will name."""
        rows: list[ExhibitPage] = []
        reviewers: list[tuple[proofs.Reviewer, ...]] = []
        waiting, sizes = 0, set[int]()
        for planned in sorted(self._plan.exhibits, key=lambda planned: planned.id):
            gathered = gathering.gather(planned)
            rows.append(self._exhibit(gathered))
            reviewers.append(gathered.reviewers)
            waiting += gathered.waiting
            sizes |= gathered.sizes
        self._lists(rows)
        listed = gather.reviewers(reviewers)
        self._keys(listed)
        sizes.update(self._plan.keys.sizes)
        for path, data in self._plan.carried.files:
            self._folder.write(path, data)
        self._folder.write("verify.pyz", pack.build())
        self._static()
        return Rendered(len(rows), waiting, frozenset(sizes))

    def _keys(self, listed: Sequence[proofs.Reviewer]) -> None:
        """Write every key whose signature may stand here, and how each earlier key of the log handed over."""
        plan, ledger = self._plan, self._archive.ledger
        earlier = proofs.earlier(ledger, plan.keys, plan.rotations)
        self._folder.write("proof/keys.json", proofs.keys(plan.vkey, listed, plan.carried.witnesses, earlier))
        for number, (entry, size) in enumerate(zip(plan.rotations, plan.keys.sizes, strict=True), 1):
            self._folder.write(proofs.key_proof(number), proofs.proof_file(ledger, entry, size).encode())

    def _exhibit(self, gathered: Gathered) -> ExhibitPage:
        """Write one exhibit's folder and return its row for the lists."""
        at = f"e/{gathered.planned.id.folder}"
        sizes: dict[str, int] = {}
        for published in gathered.published:
            with self._archive.store.open(published.digest) as source:
                row = self._folder.copy(f"{at}/{published.name}", source)
            if row.digest != published.digest:
                raise Damaged(
                    f"a content of {gathered.planned.id} is not what was sealed: run `audit`, restore it, publish again"
                )
            sizes[published.name] = row.size
        self._folder.write(f"{at}/exhibit.json", codec.encode_bytes(gathered.exhibit))
        for name, text in gathered.proof_files.items():
            self._folder.write(f"{at}/{name}", text.encode())
        found = page.read(gathered.exhibit, gathered.indices, self._text(gathered), sizes)
        values = {"page": found, "site": self._site, "up": "../../", "here": "exhibits"}
        self._folder.write(f"{at}/index.html", self._pages.render("exhibit.html", values))
        # The lists need no texts: a hundred thousand exhibits must fit into memory.
        return replace(found, text_sheets=(), moments=(), proofs=(), opened=(), findings=())

    def _text(self, gathered: Gathered) -> str | None:
        for published in gathered.published:
            if published.name == "text.txt":
                with self._archive.store.open(published.digest) as source:
                    data = source.read(_READ_FOR_PAGE)
                # A text longer than what is looked at may be cut inside a character: that part is not shown.
                return data.decode(errors="ignore")
        return None

    def _lists(self, rows: Sequence[ExhibitPage]) -> None:
        facets, listings = index.lists(rows)
        state = index.state(rows)
        shared = {"site": self._site, "state": state, "facets": facets}
        self._folder.write("index.html", self._pages.render("home.html", {**shared, "up": "", "here": "home"}))
        self._folder.write("check.html", self._pages.render("check.html", {**shared, "up": "", "here": "check"}))
        for listing in listings:
            values = {**shared, "listing": listing, "up": "../", "here": "exhibits"}
            self._folder.write(f"browse/{listing.address}", self._pages.render("browse.html", values))

    def _static(self) -> None:
        static = resources.files("witnessmark.edition") / "static"
        self._folder.write("static/site.css", (static / "site.css").read_bytes())
        for font in sorted((static / "fonts").iterdir(), key=lambda file: file.name):
            self._folder.write(f"fonts/{font.name}", font.read_bytes())
