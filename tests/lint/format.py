"""C files look as .clang-format says."""

import os
import re
import subprocess
import sys

import tree


def main():
    base, report = tree.root(), tree.Report()
    paths = tree.c_files(base)
    style = "file:" + os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../.clang-format")
    if not paths:
        sys.exit(0)
    run = subprocess.run(
        ["clang-format", f"--style={style}", "--dry-run", *paths],
        cwd=base, capture_output=True, text=True, check=False,
    )
    seen = set()
    for line in run.stderr.splitlines():
        found = re.match(r"(\S+?):(\d+):\d+: (?:warning|error):", line)
        if found and found.group(1) not in seen:
            seen.add(found.group(1))
            report.add(found.group(1), found.group(2), "run clang-format -i on this file")
    if run.returncode != 0 and not seen:
        report.add(".clang-format", 1, run.stderr.strip() or "clang-format failed")
    report.end()


main()
