"""Each lint fails on what it is there for, and passes what is allowed."""

import os
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))

GOOD = """#include "core/base/err.h"

#include <stdio.h>

/* strcpy(a, b) in a comment is harmless, and so is "system(1)" in a string. */
int err_of(void)
{
    return puts("system(1)");
}
"""


def lint(name, tmp_path, tree):
    for path, text in {"core/base/err.h": "", **tree}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    run = subprocess.run(
        [sys.executable, os.path.join(HERE, name + ".py"), str(tmp_path)],
        capture_output=True, text=True, check=False,
    )
    assert run.stderr == ""
    assert (run.returncode != 0) == (run.stdout != "")
    return run.stdout


def function(lines):
    return "int f(void)\n{\n" + "    g();\n" * (lines - 3) + "}\n"


@pytest.mark.parametrize("name", ["layers", "size", "banned", "format"])
def test_good_file_passes(name, tmp_path):
    assert lint(name, tmp_path, {"core/base/err.c": GOOD}) == ""


@pytest.mark.parametrize("path, header", [
    ("core/chat.c", '"component/link.h"'),
    ("core/base/buf.c", '"core/chat.h"'),
    ("component/muc/join.c", '"core/desk.h"'),
    ("component/muc/join.c", '"component/link.h"'),
    ("component/xml/jid.c", '"component/muc/muc.h"'),
    ("component/link.c", '"webbridge/http.h"'),
    ("webbridge/route.c", '"db/store.h"'),
    ("db/read.c", '"webbridge/http.h"'),
    ("config/config.c", '"core/chat.h"'),
    ("core/chat.c", "<uv.h>"),
    ("component/muc/join.c", "<uv.h>"),
    ("component/xml/jid.c", "<pthread.h>"),
    ("component/link.c", "<pthread.h>"),
    ("core/chat.c", "<unistd.h>"),
    ("core/chat.c", "<time.h>"),
    ("webbridge/route.c", "<sqlite3.h>"),
    ("component/muc_desk.c", "<strophe.h>"),
    ("core/base/text.c", "<uthash.h>"),
    ("core/base/map.c", "<unistr.h>"),
    ("component/link.h", "<strophe.h>"),
    ("component/link.c", "<unheard_of.h>"),
    ("core/chat.c", '"core/missing.h"'),
])
def test_forbidden_include_fails(path, header, tmp_path):
    tree = {h: "" for h in ("core/chat.h", "core/desk.h", "component/link.h", "db/store.h",
                            "webbridge/http.h", "component/muc/muc.h")}
    out = lint("layers", tmp_path, {**tree, path: f"#include {header}\n"})
    assert out.startswith(f"{path}:1: ")


@pytest.mark.parametrize("path, header", [
    ("component/main.c", '"db/store.h"'),
    ("component/muc/join.c", '"component/xml/xml.h"'),
    ("component/stream.c", "<strophe.h>"),
    ("component/link.c", "<uv.h>"),
    ("core/base/stamp.c", "<time.h>"),
    ("db/store.c", "<pthread.h>"),
    ("tests/unit/db/test_read.c", '"db/store.h"'),
])
def test_allowed_include_passes(path, header, tmp_path):
    tree = {"db/store.h": "", "component/xml/xml.h": ""}
    assert lint("layers", tmp_path, {**tree, path: f"#include {header}\n"}) == ""


def test_second_file_with_a_library_fails(tmp_path):
    text = "#include <sqlite3.h>\n"
    out = lint("layers", tmp_path, {"db/a.c": text, "db/b.c": text})
    assert out == "db/b.c:1: <sqlite3.h> is included by db/a.c already\n"


def test_function_of_61_lines_fails(tmp_path):
    tree = {"core/a.c": function(60), "core/b.c": "static int x;\n\n" + function(61)}
    assert lint("size", tmp_path, tree) == "core/b.c:3: f has 61 lines, at most 60\n"


def test_lines_of_the_signature_count(tmp_path):
    text = function(60).replace("int f(void)", "int f(int a,\n      int b)")
    assert lint("size", tmp_path, {"core/a.c": text}) == "core/a.c:1: f has 61 lines, at most 60\n"


def test_python_function_of_61_lines_fails(tmp_path):
    text = "def f():\n" + "    g()\n" * 60
    assert lint("size", tmp_path, {"tests/a.py": text}).startswith("tests/a.py:1: f has 61 lines")


def test_file_of_601_lines_fails(tmp_path):
    tree = {"core/a.c": "\n" * 600, "webbridge/b.ts": "\n" * 601}
    assert lint("size", tmp_path, tree) == "webbridge/b.ts:601: file has 601 lines, at most 600\n"


@pytest.mark.parametrize("call", [
    "strcpy", "strcat", "sprintf", "vsprintf", "gets", "strtok", "rand", "atoi", "atol", "system",
    "popen", "alloca",
])
def test_banned_call_fails(call, tmp_path):
    text = f"int f(void)\n{{\n    return {call} (1);\n}}\n"
    assert lint("banned", tmp_path, {"db/a.c": text}).startswith(f"db/a.c:3: {call}() is banned")


def test_names_that_only_contain_a_banned_one_pass(tmp_path):
    text = "int f(void)\n{\n    return my_strcpy(1) + snprintf(1) + crypto_random(2) + s->time(1);\n}\n"
    assert lint("banned", tmp_path, {"core/a.c": text}) == ""


def test_clock_in_pure_code_fails(tmp_path):
    text = "x = time(NULL);\n"
    out = lint("banned", tmp_path, {"core/a.c": text, "webbridge/a.c": text})
    assert out == "core/a.c:1: time() is banned in pure code\n"


def test_path_of_a_machine_fails_in_any_file(tmp_path):
    out = lint("banned", tmp_path, {"docs/A.md": "one\nsee /wo" + "rk/main\n"})
    assert out.startswith("docs/A.md:2: ")


def test_unformatted_file_fails(tmp_path):
    out = lint("format", tmp_path, {"core/a.c": "int a;\nint  b ;\n"})
    assert out == "core/a.c:2: run clang-format -i on this file\n"
