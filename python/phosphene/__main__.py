"""The program `phosphene`."""

import sys

from . import _phosphene


def main() -> None:
    sys.exit(_phosphene.run_cli(["phosphene", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
