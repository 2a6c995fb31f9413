#!/bin/sh
# Debian bookworm with Python 3.11, in place of the image python:3.11-slim-bookworm where no registry can be reached.
#   sh base.sh podman docker.io/library/python:3.11-slim-bookworm
set -eu
program="$1" image="$2"
folder="$(mktemp --directory)"
trap 'rm -rf "$folder"' EXIT
# From where this machine has its own packages; nothing named: debootstrap's own choice.
# shellcheck disable=SC2016 # apt-get replaces it, not the shell
mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)"
debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$folder/root" \
    ${mirror:+"$mirror"} >"$folder/log" || { tail -n 20 "$folder/log" >&2; exit 1; }
rm -f "$folder"/root/usr/lib/python3*/EXTERNALLY-MANAGED "$folder"/root/var/cache/apt/archives/*.deb
rm -rf "$folder"/root/var/lib/apt/lists/*
ln -sf python3 "$folder/root/usr/bin/python"
# Whom this machine trusts, its package mirrors among them.
cp /etc/ssl/certs/ca-certificates.crt "$folder/root/etc/ssl/certs/ca-certificates.crt"
[ ! -f /etc/apt/sources.list.d/debian.sources ] || cp /etc/apt/sources.list.d/debian.sources "$folder/root/etc/apt/sources.list.d/"
tar --directory "$folder/root" --create . | "$program" import \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'CMD ["python3"]' - "$image"
