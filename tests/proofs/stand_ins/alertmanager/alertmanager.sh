#!/bin/sh
# Debian's Alertmanager is older than `webhook_url_file`: put the file's content in its place, as docs/monitoring.md has it.
set -eu
sed "s#webhook_url_file: .*#webhook_url: '$(cat /run/secrets/discord_webhook)'#" /etc/alertmanager/alertmanager.yml >/tmp/alertmanager.yml
shift
exec /usr/bin/prometheus-alertmanager --config.file=/tmp/alertmanager.yml "$@"
