"""Adds up what tests/run.sh left in its results folder: names what failed, ends with one line."""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ET

OK = re.compile(r"^\[       OK \] (\S+)", re.M)
END = re.compile(r"^\[==========\].* \d+ test\(s\) run\.", re.M)
BAD = re.compile(r"^\[  (?:FAILED |SKIPPED)  ?\] (\w+)\s*$", re.M)


def count_ctest(path):
    """cmocka's own lines, one for each test; a program that died without one counts as failed."""
    passed, failed = 0, []
    where = os.path.basename(path).split(".")[0]
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{where}/{case.get('name')}"
        text = case.findtext("system-out") or ""
        bad = sorted(set(BAD.findall(text)))
        passed += len(OK.findall(text))
        failed += [f"{name}: {test}" for test in bad]
        if not END.search(text) or (case.get("status") != "run" and not bad):
            failed.append(f"{name}: did not end well")
    return passed, failed


def count_pytest(path):
    """A skipped test is one that could not run, which nobody would notice otherwise."""
    passed, failed = 0, []
    where = os.path.basename(path).split(".")[0]
    for case in ET.parse(path).getroot().iter("testcase"):
        if any(case.find(tag) is not None for tag in ("failure", "error", "skipped")):
            failed.append(f"{where}/{case.get('classname')}: {case.get('name')}")
        else:
            passed += 1
    return passed, failed


def count_notes(path):
    passed, failed = 0, []
    if os.path.exists(path):
        with open(path, encoding="utf-8") as f:
            for line in f:
                result, name = line.split(maxsplit=1)
                if result == "passed":
                    passed += 1
                else:
                    failed.append(name.strip())
    return passed, failed


def main():
    folder = sys.argv[1]
    counts = [count_notes(os.path.join(folder, "notes"))]
    counts += [count_ctest(p) for p in sorted(glob.glob(os.path.join(folder, "*.ctest.xml")))]
    counts += [count_pytest(p) for p in sorted(glob.glob(os.path.join(folder, "*.pytest.xml")))]
    passed = sum(p for p, _ in counts)
    failed = [name for _, names in counts for name in names]
    print()
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(0 if passed and not failed else 1)


main()
