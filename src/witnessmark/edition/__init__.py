"""PUBLISH: from the ledger to a folder of plain files that anyone can check."""
