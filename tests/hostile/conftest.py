"""Puts the hostile corpus where its tests and its bench can import it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
