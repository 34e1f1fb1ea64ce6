# Built in one stage and run in another, which has neither compilers nor the tools of development.
FROM docker.io/library/python:3.11-slim-bookworm AS build

RUN pip install --no-cache-dir uv==0.13.9 && uv venv /opt/leadline
ENV VIRTUAL_ENV=/opt/leadline UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy

WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
# Versions and hashes are those of the lock; what only tests need is left out.
RUN uv pip install --verify-hashes --constraint requirements.lock --requirement pyproject.toml \
    --extra compute --extra local --extra postgres --extra telemetry

COPY research research
COPY browser browser
COPY agents agents
COPY api api
COPY evals evals
RUN uv pip install --no-deps .


FROM docker.io/library/python:3.11-slim-bookworm

# libgomp1 runs the embedded model, chromium-headless-shell the pages that scripts build, bubblewrap
# and libseccomp2 the sandbox. Debian serves the newest build of a package only: none can be pinned.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends \
    bubblewrap chromium-headless-shell libgomp1 libseccomp2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --user-group --no-create-home --home-dir /tmp leadline \
 && install --directory --owner=leadline --group=leadline --mode=0700 /data /cache

COPY --from=build /opt/leadline /opt/leadline
ENV PATH=/opt/leadline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LEADLINE_DATA_DIR=/data \
    LEADLINE_CACHE_DIR=/cache

USER 10001:10001
WORKDIR /data
EXPOSE 8321 9464
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/readyz', timeout=4)"]
CMD ["leadline", "serve", "--host", "0.0.0.0"]
