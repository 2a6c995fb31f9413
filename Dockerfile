# Shifumi in one image: workbench, prediction API, flow runner, Prefect's and MLflow's servers are different commands
# of it. docs/containers.md says how it is built and started.
#
# The base is pinned by its tag. To pin the very bytes as well, append the digest that your registry names:
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:... .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS builder
# PyTorch from PyPI brings CUDA along, several gigabytes. For machines without an NVIDIA GPU take PyTorch's own CPU
# build: --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /build/
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-input --progress-bar=off ${TORCH_INDEX:+--extra-index-url "${TORCH_INDEX}"} \
       -r /build/requirements.txt \
    && /opt/venv/bin/pip check \
    && /opt/venv/bin/pip uninstall --yes pip

FROM ${BASE} AS runtime
LABEL org.opencontainers.image.title="Shifumi" \
      org.opencontainers.image.description="A machine-learning workbench that keeps a model getting better" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
# What OpenCV's wheel expects of the system. The versions are the base's own: a fixed one is gone from Debian's mirrors
# at the next security update, and then nothing builds any more.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* \
    && groupadd --gid 10001 shifumi \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin shifumi \
    && install --directory --owner=shifumi --group=shifumi --mode=0700 /data
COPY --from=builder /opt/venv /opt/venv
WORKDIR /app
COPY . /app
# Compiled now: the root file system is read-only later.
RUN python3 -m compileall -q /app

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONUTF8=1 \
    PYTHONPATH=/app \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    SHIFUMI_DATA_DIR=/data \
    SHIFUMI_HOST=0.0.0.0 \
    DO_NOT_TRACK=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    PREFECT_SERVER_EPHEMERAL_ENABLED=false \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
USER 10001:10001
EXPOSE 8501 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python3", "/app/deploy/image/healthcheck.py", "http://127.0.0.1:8501/_stcore/health"]
CMD ["python3", "-m", "core.ui.shell.serve", "--server.address=0.0.0.0", "--server.port=8501"]
