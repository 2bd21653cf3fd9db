"""A configuration that is there and cannot be read. Needs root, as mounting does; the mounts are in a
namespace of the test's own."""

import subprocess

from lib.parley import BINARY

NOBODY = 65534


def test_unreadable_configuration_is_an_error_and_not_the_defaults():
    script = f"""mount -t tmpfs none /etc && cp {BINARY} /etc/program && mkdir /etc/parley &&
        echo >/etc/parley/parley.conf && chmod 600 /etc/parley/parley.conf && cd /etc &&
        exec setpriv --reuid={NOBODY} --regid={NOBODY} --clear-groups ./program check-config"""
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode == 78 and "/etc/parley/parley.conf" in done.stderr, done
