#!/bin/sh
# Runs every lint: prints failures as file:line: message, and one line "lint NAME: ok" or
# "lint NAME: failed" for each. Exit code 1 if any failed. An argument is the tree to look at.
here=$(cd "$(dirname "$0")" && pwd)
python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
status=0
for lint in layers size banned format; do
    if "$python" "$here/$lint.py" "$@"; then
        echo "lint $lint: ok"
    else
        echo "lint $lint: failed"
        status=1
    fi
done
exit $status
