#!/usr/bin/env python3
"""Prints how many transcripts show a rule of which document, as a table for docs/XMPP.md."""

import collections
import pathlib

HERE = pathlib.Path(__file__).resolve().parent


def sources(path):
    """The documents a transcript names, each once."""
    lines = path.read_text().splitlines()
    return {line[2:].split("#")[0].strip() for line in lines if line.startswith(": ")}


def main():
    files = sorted(HERE.glob("*.txt"))
    count = collections.Counter(name for path in files for name in sources(path))
    print("| document | transcripts |\n|---|---|")
    for name in sorted(count):
        print(f"| {name} | {count[name]} |")
    print(f"| all | {len(files)} |")


main()
