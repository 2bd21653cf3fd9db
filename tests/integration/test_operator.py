"""What an operator is told when something about the machine is not as it should be."""

import os
import socket
import subprocess

import pytest

from lib.parley import BINARY


def said(words, folder):
    """The exit code and all that was said."""
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def write(folder, text):
    path = folder / "parley.conf"
    path.write_text('store: { path = "parley.db"; };\nlog: { level = "error"; };\n' + text)
    return ["--config", str(path)]


def test_command_without_daemon_says_which_database_cannot_be_opened_and_why(tmp_path):
    config = write(tmp_path, "")
    (tmp_path / "parley.db").mkdir()
    code, text = said([BINARY, "agent", "list", *config], tmp_path)
    assert code == 1 and "path=parley.db detail=Is a directory" in text, text
    (tmp_path / "parley.db").rmdir()
    missing = os.path.join("nowhere", "copy.db")
    code, text = said([BINARY, "backup", missing, *config], tmp_path)
    assert code == 1 and f"{missing}.part detail=No such file or directory" in text, text


@pytest.mark.parametrize("name, why", [
    ("taken", "Address already in use"), ("unix:nowhere/http.sock", "No such file or directory"),
    ("192.0.2.1:8480", "Cannot assign requested address")])
def test_daemon_says_why_it_cannot_listen(tmp_path, name, why):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        where = f"127.0.0.1:{other.getsockname()[1]}" if name == "taken" else name
        code, text = said([BINARY, "serve", *write(tmp_path, f'http: {{ listen = "{where}"; }};')],
                          tmp_path)
    assert code == 1 and where in text and why in text, text


def test_wrong_questions_are_found_by_check_config_and_are_a_wrong_configuration(tmp_path):
    (tmp_path / "faq.json").write_text('{"questions": [')
    config = write(tmp_path, 'assistant: { faq_file = "faq.json"; };')
    for command in ("check-config", "serve"):
        code, text = said([BINARY, command, *config], tmp_path)
        assert code == 78 and "faq.json" in text and "JSON" in text, (command, text)
