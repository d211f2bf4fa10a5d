"""Run every study and write results/report.html; `python run_all.py --help` says more."""

import sys

from excitable.experiments.runner import main

if __name__ == "__main__":
    sys.exit(main(prog="run_all.py"))
