"""What a partner runs: keep a log's last checkpoint, and cosign the next one if the log only grew."""
