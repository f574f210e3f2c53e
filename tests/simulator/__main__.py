"""``python tests/simulator``: see cli.py."""

import sys
from pathlib import Path

if not __package__:  # run as a directory: make it the package that it is
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from simulator.cli import main
else:
    from .cli import main

if __name__ == "__main__":
    sys.exit(main())
