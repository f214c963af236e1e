"""What the ledger means: tables and an index that replay can make again at will."""
