#!/usr/bin/env -S /usr/bin/python3 -B
"""Puts the figures of the last run (build/bench/*.json) into the tables of docs/PERFORMANCE.md."""

import json
import os
import re
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PAGE = os.path.join(ROOT, "docs", "PERFORMANCE.md")
PLACE = re.compile(r"(<!-- figures (\w+) -->\n).*?(<!-- end -->)", re.S)


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        name = re.search(r"model name\s*: (.*)", f.read())
    return name[1] if name else "processor of unknown make"


def about():
    """When and where."""
    load = os.getloadavg()[2]
    busy = " Other programs had the machine too: these are no more than a sketch." if load > 4 else ""
    return (f"Of {time.strftime('%Y-%m-%d', time.gmtime())}: {os.cpu_count()} cores, {processor()}; "
            f"load average of the last 15 minutes {load:.1f}.{busy}\n")


def markdown(figures):
    names = [name for name, _ in figures["columns"]]
    lines = ["| " + " | ".join(names) + " |", "|" + "--:|" * len(names)]
    for row in figures["rows"]:
        cells = [format(row[n], f) if n in row else "" for n, f in figures["columns"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def fill(match):
    if match[2] == "about":
        return match[1] + about() + match[3]
    path = os.path.join(ROOT, "build", "bench", match[2] + ".json")
    if not os.path.exists(path):
        print("no figures of", match[2])
        return match[0]
    with open(path, encoding="utf-8") as f:
        return match[1] + markdown(json.load(f)) + match[3]


def main():
    with open(PAGE, encoding="utf-8") as f:
        text = PLACE.sub(fill, f.read())
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(text)


main()
