#!/bin/sh
# The first start as the official image does it: initdb, the scripts of /docker-entrypoint-initdb.d over the socket
# only, then the server for everybody.
# Its socket is in /tmp: podman gives a tmpfs under /run to root alone.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    secret=/tmp/password
    (umask 077 && printf '%s\n' "${POSTGRES_PASSWORD:?}" >"$secret")
    initdb --pgdata "$PGDATA" --username postgres --pwfile "$secret" --auth-local trust --auth-host scram-sha-256
    rm "$secret"
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses='' -k /tmp" --wait start
    for script in /docker-entrypoint-initdb.d/*.sh; do
        [ ! -e "$script" ] || sh "$script"
    done
    pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
fi
exec "$@" -c "listen_addresses=*" -c unix_socket_directories=/tmp
