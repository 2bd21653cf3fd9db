"""Adds up what tests/run.sh left in its results folder: says again what failed and why, as the failures themselves are
far up in the output; ends with one line."""

import glob
import os
import re
import sys
import xml.etree.ElementTree as ET

OK = re.compile(r"^\[       OK \] (\S+)", re.M)
END = re.compile(r"^\[==========\].* \d+ test\(s\) run\.", re.M)
BAD = re.compile(r"^\[  (?:FAILED |SKIPPED)  ?\] (\w+)\s*$", re.M)


def why(text):
    """How what a failure said begins and ends, without colours."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text or "").strip().splitlines()
    if len(lines) > 60:
        lines[30:-30] = ["..."]
    return "\n".join("    " + line[:400] for line in lines)


def count_ctest(path):
    """cmocka's own lines, one for each test; a program that died without one counts as failed."""
    passed, failed = 0, []
    where = os.path.basename(path).split(".")[0]
    for case in ET.parse(path).getroot().iter("testcase"):
        name = f"{where}/{case.get('name')}"
        text = case.findtext("system-out") or ""
        bad = sorted(set(BAD.findall(text)))
        passed += len(OK.findall(text))
        said = why(text)
        failed += [(f"{name}: {test}", said) for test in bad]
        if not END.search(text) or (case.get("status") != "run" and not bad):
            failed.append((f"{name}: did not end well", said))
    return passed, failed


def count_pytest(path):
    """A skipped test is one that could not run, which nobody would notice otherwise."""
    passed, failed = 0, []
    where = os.path.basename(path).split(".")[0]
    for case in ET.parse(path).getroot().iter("testcase"):
        bad = [b for b in map(case.find, ("failure", "error", "skipped")) if b is not None]
        if bad:
            said = why("\n".join(f"{b.get('message') or ''}\n{b.text or ''}" for b in bad))
            failed.append((f"{where}/{case.get('classname')}: {case.get('name')}", said))
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
                    failed.append((name.strip(), ""))
    return passed, failed


def main():
    folder = sys.argv[1]
    counts = [count_notes(os.path.join(folder, "notes"))]
    counts += [count_ctest(p) for p in sorted(glob.glob(os.path.join(folder, "*.ctest.xml")))]
    counts += [count_pytest(p) for p in sorted(glob.glob(os.path.join(folder, "*.pytest.xml")))]
    passed = sum(p for p, _ in counts)
    failed = [one for _, some in counts for one in some]
    print()
    for name, said in failed:
        print(f"failed: {name}\n{said}\n" if said else f"failed: {name}")
    for name, _ in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(0 if passed and not failed else 1)


main()
