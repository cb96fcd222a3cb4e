# Every service and command of the memory, with the embedding model inside: containers start without a network.
#
#   docker build -t membroker:0.1.0 .
#   docker run --rm membroker:0.1.0 --help
#
# The base is pinned by version. A tag can still be moved to a rebuilt image; for a build that is the same for
# ever, add the digest that this prints, to both FROM lines:
#   docker buildx imagetools inspect python:3.11.16-slim-trixie --format '{{.Manifest.Digest}}'

FROM python:3.11.16-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PATH=/opt/membroker/bin:$PATH
WORKDIR /src
RUN python -m venv /opt/membroker
COPY . .
# There is no compiler here either: every dependency comes as a wheel, or the build fails.
RUN --mount=type=cache,target=/root/.cache/pip pip install --constraint requirements.lock '.[server,llm]'
# A hundred megabytes of weights, verified by sha256, made int8, and tried out.
ENV MEMBROKER_MODEL_CACHE=/opt/models
RUN membroker model fetch && membroker model check

FROM python:3.11.16-slim-trixie
LABEL org.opencontainers.image.title="membroker" \
      org.opencontainers.image.description="Long-term memory for edge agents and devices, over MQTT" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
# 1883 is also who the official Mosquitto image runs as: the volume of accounts is shared with it, and its
# files are readable for their owner alone. A new volume takes its owner from the folder it is mounted on.
RUN useradd --uid 1883 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin membroker \
    && install --directory --owner=membroker --group=membroker --mode=0700 /data /accounts /certs
COPY --from=build /opt /opt
# Nothing is written but to /data and, by libraries that must have a home, to /tmp: the root may be read-only.
ENV PATH=/opt/membroker/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MEMBROKER_DATA=/data \
    MEMBROKER_MODEL_CACHE=/opt/models
USER 1883:1883
# A membroker.toml here is read, too.
WORKDIR /data
VOLUME ["/data"]
ENTRYPOINT ["membroker"]
CMD ["--help"]
