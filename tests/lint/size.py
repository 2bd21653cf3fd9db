"""A function fits one screen, a file has one subject. -v also prints the ten longest functions."""

import ast
import re
import sys

import tree

FUNCTION_LINES = 60
FILE_LINES = 600
SUFFIXES = (".c", ".h", ".py", ".sh", ".ts", ".tsx", ".js", ".css", ".html", ".cmake")


def c_functions(text):
    """(name, first line, lines). The layout puts a body's braces, and only those, into column 0."""
    lines = tree.code_only(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line.startswith("{"):
            start = i
            while start > 0 and not re.match(r"^\s*$|^[#}]|.*;\s*$", lines[start - 1]):
                start -= 1
        elif line.startswith("}") and start is not None:
            head = " ".join(lines[start : start + 3])
            name = re.search(r"(\w+)\s*\(", head.replace("__attribute__", ""))
            yield (name.group(1) if name else "?", start + 1, i + 1 - start)
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield (node.name, node.lineno, (node.end_lineno or node.lineno) + 1 - node.lineno)


def main():
    base, report, longest = tree.root(), tree.Report(), []
    for path in tree.files(base, SUFFIXES):
        text = tree.read(base, path)
        if text is None:
            continue
        lines = text.count("\n")
        if lines > FILE_LINES:
            report.add(path, lines, f"file has {lines} lines, at most {FILE_LINES}")
        functions = []
        if path.endswith((".c", ".h")):
            functions = c_functions(text)
        elif path.endswith(".py"):
            functions = python_functions(text)
        for name, line, count in functions:
            longest.append((count, path, line, name))
            if count > FUNCTION_LINES:
                report.add(path, line, f"{name} has {count} lines, at most {FUNCTION_LINES}")
    if "-v" in sys.argv:
        for count, path, line, name in sorted(longest, reverse=True)[:10]:
            print(f"{count:4} {path}:{line} {name}")
    report.end()


main()
