"""``python -m benchmarks``: run the benchmarks, print their tables, write them as JSON."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from .contest import machine

BENCHMARKS = ("fi_sweep", "work_precision", "cold_start", "sweeps", "studies", "networks", "forms")


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"default: all of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="small versions, to try them out")
    parser.add_argument("--large", action="store_true", help="the largest sizes too (minutes)")
    parser.add_argument("--json", type=Path, help="write machine and tables here")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    found = {"machine": machine()}
    print("\n".join(f"{name}: {value}" for name, value in found["machine"].items()))
    for name in options.names or BENCHMARKS:
        module = importlib.import_module(f".{name}", __package__)
        table = module.measure(quick=options.quick, large=options.large)
        print(f"\n{name}: {module.__doc__.partition(chr(10))[0]}")
        print(table.round(3).to_string(index=False), flush=True)
        found[name] = table.to_dict("records")
        if options.json:
            options.json.write_text(json.dumps(found, indent=1, default=float))
    return 0


if __name__ == "__main__":
    sys.exit(main())
