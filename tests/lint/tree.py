"""What the lints share: the files of the project, C text without comments, the way to report."""

import os
import sys

SKIPPED = {".git", "build", "demo", "node_modules", "__pycache__", ".pytest_cache"}
C_FOLDERS = ("core", "component", "webbridge", "db", "config", "tests")


def root():
    """The folder to look at: the first argument that is no option, else the project itself."""
    for arg in sys.argv[1:]:
        if not arg.startswith("-"):
            return os.path.abspath(arg)
    return os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def files(base, suffixes=None):
    """Paths relative to base, sorted. suffixes None: all files."""
    found = []
    for folder, folders, names in os.walk(base):
        folders[:] = sorted(d for d in folders if d not in SKIPPED)
        for name in names:
            path = os.path.relpath(os.path.join(folder, name), base)
            if name in SKIPPED:  # .git of a linked work tree is a file
                continue
            if suffixes is None or name.endswith(suffixes):
                found.append(path)
    return sorted(found)


def c_files(base):
    return [p for p in files(base, (".c", ".h")) if p.split(os.sep)[0] in C_FOLDERS]


def read(base, path):
    """The text, or None when it is not UTF-8."""
    try:
        with open(os.path.join(base, path), encoding="utf-8") as f:
            return f.read()
    except UnicodeDecodeError:
        return None


def _end_of_quoted(text, i):
    quote, i = text[i], i + 1
    while i < len(text) and text[i] != quote:
        i += 2 if text[i] == "\\" else 1
    return i + 1


def code_only(text):
    """C text with comments, strings and character constants blanked; lines stay lines."""
    out, i = [], 0
    while i < len(text):
        start = i
        if text.startswith("/*", i):
            end = text.find("*/", i + 2)
            i = len(text) if end < 0 else end + 2
        elif text.startswith("//", i):
            end = text.find("\n", i)
            i = len(text) if end < 0 else end
        elif text[i] in "\"'":
            i = _end_of_quoted(text, i)
        else:
            out.append(text[i])
            i += 1
            continue
        out.append("".join(c if c == "\n" else " " for c in text[start:i]))
    return "".join(out)


class Report:
    def __init__(self):
        self.count = 0

    def add(self, path, line, message):
        self.count += 1
        print(f"{path}:{line}: {message}")

    def end(self):
        sys.exit(1 if self.count else 0)
