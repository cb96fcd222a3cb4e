"""`python -m bench.home [--seed N] > home.json`: the set as a file."""

import argparse
import json
import sys

from bench.home.month import PUBLISHED, conversations


def main() -> None:
    """Prints the set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=PUBLISHED)
    json.dump(conversations(parser.parse_args().seed), sys.stdout)


if __name__ == "__main__":
    main()
