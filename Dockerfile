FROM python:3.11-slim-bookworm

# libgomp1 runs the embedded model, chromium-headless-shell the pages that scripts build, bubblewrap and libseccomp2 the sandbox.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libgomp1 chromium-headless-shell bubblewrap libseccomp2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home leadline \
 && install --directory --owner leadline /data /cache

WORKDIR /app
RUN pip install --no-cache-dir uv==0.13.9
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN uv pip sync --system --no-cache --compile-bytecode --require-hashes requirements.lock
COPY research research
COPY browser browser
COPY agents agents
COPY api api
COPY evals evals
RUN uv pip install --system --no-cache --no-deps .

USER leadline
EXPOSE 8321
CMD ["leadline", "serve"]
