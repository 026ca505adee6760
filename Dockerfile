# The bot with everything it needs to run: no compiler, no development tools, no key, nothing that may be written to.
# For a release, pin the base image by its digest: python:3.11-slim@sha256:…

FROM python:3.11-slim AS build

# The version that wrote uv.lock.
RUN pip install --no-cache-dir uv==0.13.9

ENV UV_PROJECT_ENVIRONMENT=/opt/pulse \
    UV_PYTHON=/usr/local/bin/python3 \
    UV_PYTHON_DOWNLOADS=never \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_CACHE=1

WORKDIR /src
# First what seldom changes: without the project itself, a change in the code costs seconds, not minutes.
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --extra charts --no-install-project

COPY README.md LICENSE ./
COPY bot bot
COPY digests digests
COPY flows flows
COPY storage storage
RUN uv sync --frozen --no-dev --extra charts --no-editable


FROM python:3.11-slim

LABEL org.opencontainers.image.title="Partnership Pulse" \
      org.opencontainers.image.licenses="Apache-2.0 AND CC-BY-4.0"

# A user with no name to log in by, and two folders: /data to back up, /keys never to be kept beside it.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pulse \
    && install -d -o pulse -g pulse -m 0700 /data /keys

COPY --from=build /opt/pulse /opt/pulse

# Of the settings only where things are. matplotlib wants a folder it may write to, and a thread a core would meet the
# limit on processes.
ENV PATH=/opt/pulse/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    OPENBLAS_NUM_THREADS=1 \
    PULSE_DATABASE_URL=sqlite:////data/pulse.db \
    PULSE_KEYS_URL=sqlite:////keys/pulse-keys.db \
    PULSE_MASTER_KEY_FILE=/keys/pulse.key

USER 10001:10001
WORKDIR /data
VOLUME ["/data", "/keys"]
STOPSIGNAL SIGTERM

# No health check: a bot that cannot serve ends with a message, and the restart policy starts it again. `pulse doctor`
# is a person's tool: it takes 100 MB and asks Telegram, which is no business of a timer beside a bot within 256 MB.
HEALTHCHECK NONE

ENTRYPOINT ["pulse"]
CMD ["run"]
