#!/bin/sh
# Runs once, when PostgreSQL's volume is empty: a database and a role each for catalog, Prefect and MLflow.
# A role has access to its own database only.
set -eu

make_database() {
    psql --quiet --set=ON_ERROR_STOP=1 --set=name="$1" --set=password="$2" --username postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

make_database catalog "$SHIFUMI_CATALOG_PASSWORD"
make_database prefect "$SHIFUMI_PREFECT_DB_PASSWORD"
make_database mlflow "$SHIFUMI_MLFLOW_DB_PASSWORD"
