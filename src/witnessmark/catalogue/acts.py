"""Questions about what people did: accessions and custody, findings held, judgements, decisions, editions."""

# ruff: noqa: S608 - what is put together here are constants of this room; values are always bound

import json

from witnessmark.catalogue.rows import (
    AccessionRow,
    AttestationRow,
    CustodyRow,
    DecisionRow,
    FindingRow,
    RefusalRow,
    ReleaseRow,
    ReviewerRow,
    UnlockRow,
)
from witnessmark.catalogue.tables import Tables
from witnessmark.model.accession import Accession, Refusal
from witnessmark.model.attestation import Attestation, Reviewer
from witnessmark.model.custody import Custody
from witnessmark.model.decision import Decision
from witnessmark.model.digest import Commitment
from witnessmark.model.finding import Finding
from witnessmark.model.release import Release
from witnessmark.model.unlock import Unlock
from witnessmark.model.words import HoldState, Kind


class Acts(Tables):
    """What the ledger says of findings, and of what people did."""

    def next_accession(self) -> int:
        """Return the number of the next accession."""
        return max((row.accession.number for row in self.accessions()), default=0) + 1

    def accessions(self) -> list[AccessionRow]:
        """Return all accession events in order."""
        rows = self._acts(Kind.ACCESSION)
        return [AccessionRow(Commitment(c), i, Accession.from_fields(json.loads(f))) for c, i, f in rows]

    def custody_of(self, accession: Commitment) -> list[CustodyRow]:
        """Return what was stated of one accession's custody, in the order in which it was sealed."""
        rows = ((c, i, json.loads(f)) for c, i, f in self._acts(Kind.CUSTODY, accession))
        return [CustodyRow(Commitment(c), i, Custody.from_fields(f), f["at"]) for c, i, f in rows]

    def unlocks_of(self, commitment: Commitment) -> list[UnlockRow]:
        """Return when passwords were tried on an exhibit."""
        rows = ((i, json.loads(f)) for _, i, f in self._acts(Kind.UNLOCK, commitment))
        return [UnlockRow(i, Unlock.from_fields(f), f["at"]) for i, f in rows]

    def refusals(self) -> list[RefusalRow]:
        """Return all that could not be sealed."""
        return [
            RefusalRow(row.accession.number, row.accession.source, refusal)
            for row in self.accessions()
            for refusal in row.accession.refusals
        ]

    def refusals_of(self, source: str) -> list[Refusal]:
        """Return what could not be sealed of one source."""
        return [row.refusal for row in self.refusals() if row.source == source]

    # Findings and judgements

    def findings(self, commitment: Commitment) -> list[FindingRow]:
        """Return the findings about one exhibit."""
        return self._findings("f.exhibit = ?", commitment.raw)

    def held(self) -> list[FindingRow]:
        """Return the findings that wait for a person."""
        return [row for row in self._findings("1") if row.hold is HoldState.HELD]

    def _findings(self, condition: str, *values: object) -> list[FindingRow]:
        rows = self._all(
            "SELECT v.commitment, v.idx, f.fields, h.state, hv.idx FROM finding f JOIN event v USING (seq)"
            " LEFT JOIN hold h ON h.seq = (SELECT max(seq) FROM hold WHERE finding = v.commitment AND seq <= ?)"
            f" LEFT JOIN event hv ON hv.seq = h.seq WHERE f.seq <= ? AND {condition} ORDER BY f.seq",
            self._top,
            self._top,
            *values,
        )
        return [
            FindingRow(
                Commitment(c), i, Finding.from_fields(json.loads(f)), None if state is None else HoldState(state), at
            )
            for c, i, f, state, at in rows
        ]

    def reviewers(self) -> list[ReviewerRow]:
        """Return everyone whose signature is known."""
        rows = self._acts(Kind.REVIEWER)
        return [ReviewerRow(Commitment(c), i, Reviewer.from_fields(json.loads(f))) for c, i, f in rows]

    def attestations(self, commitment: Commitment) -> list[AttestationRow]:
        """Return the judgements about one exhibit."""
        rows = self._acts(Kind.ATTESTATION, commitment)
        return [AttestationRow(Commitment(c), i, Attestation.from_fields(json.loads(f))) for c, i, f in rows]

    # Decisions and editions

    def decisions(self) -> list[DecisionRow]:
        """Return the decision in force about each exhibit: the latest, in the order they were made."""
        latest: dict[Commitment, DecisionRow] = {}
        for commitment, index, fields in self._acts(Kind.DECISION):
            row = DecisionRow(Commitment(commitment), index, Decision.from_fields(json.loads(fields)))
            latest.pop(row.decision.exhibit, None)
            latest[row.decision.exhibit] = row
        return list(latest.values())

    def decisions_about(self, commitment: Commitment) -> list[DecisionRow]:
        """Return every decision about one exhibit, the one in force last."""
        rows = self._acts(Kind.DECISION, commitment)
        return [DecisionRow(Commitment(c), i, Decision.from_fields(json.loads(f))) for c, i, f in rows]

    def rotations(self) -> tuple[int, ...]:
        """Return where in the log its key handed over to another, in order."""
        rows = ((index, json.loads(fields)) for _, index, fields in self._acts(Kind.KEY))
        return tuple(index for index, fields in rows if fields.get("action") == "rotated")

    def releases(self) -> list[ReleaseRow]:
        """Return every edition that went out, in order."""
        rows = self._acts(Kind.RELEASE)
        return [ReleaseRow(Commitment(c), i, Release.from_fields(json.loads(f))) for c, i, f in rows]
