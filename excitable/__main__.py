# PYTHON_ARGCOMPLETE_OK
"""The command line: ``python -m excitable COMMAND``; ``--help`` lists the commands."""

import sys

from .commands import main

if __name__ == "__main__":
    sys.exit(main())
