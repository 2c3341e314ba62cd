# The executable, the libraries that it loads and the certificates of authorities, and nothing else: no shell, no package
# manager, no toolchain. `make image` builds it, `make test-image` tries it, docs/deployment.md tells how it is run.
# `--platform linux/arm64` on an amd64 machine, or the other way round, compiles at full speed: the compiler is the building
# machine's, and only the stages that install packages run in emulation.

# What the executable is compiled with and linked to, of the processor that the image is for.
FROM swift:6.3-bookworm AS target
COPY scripts/install-packages /usr/local/bin/
# hadolint ignore=DL3008
RUN apt-get update \
    && install-packages build \
    && rm -rf /var/lib/apt/lists/*

FROM --platform=$BUILDPLATFORM swift:6.3-bookworm AS build
WORKDIR /ponder
# The packages that Ponder depends on are fetched again only when this file changes.
COPY Package.swift ./
RUN swift package resolve
COPY . .
RUN --mount=type=bind,from=target,target=/target \
    scripts/build-against /target \
    && install -D .build/release/ponder /product/ponder
WORKDIR /ponder/.build/checkouts
RUN find . -maxdepth 2 '(' -name 'LICENSE*' -o -name 'NOTICE*' ')' \
        -exec install -D --mode=644 {} /product/licences/{} ';'

FROM debian:bookworm-slim AS system
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /product/ponder /usr/local/bin/
COPY scripts/assemble-image-root /usr/local/bin/
RUN assemble-image-root /usr/local/bin/ponder /image

FROM scratch
COPY --from=system /image/system /
# Volumes that nobody mounted begin as these folders do, with their owner.
COPY --from=system --chown=65532:65532 /image/models /models
COPY --from=system --chown=65532:65532 /image/cache /cache
COPY --from=build /product/licences /usr/share/doc/ponder
COPY LICENSE /usr/share/doc/ponder/
# The layers above stay the same from one release to the next.
COPY --from=build /product/ponder /usr/local/bin/

USER 65532:65532
WORKDIR /models
VOLUME ["/models"]
EXPOSE 8000
# HF_HOME and XDG_CACHE_HOME: what `ponder pull` fetches stays in the volume.
# PONDER_DRAIN_SECONDS: `docker stop` waits ten seconds; a reply that ends with an error event beats one that is cut.
ENV PATH=/usr/local/bin \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    HF_HOME=/models \
    XDG_CACHE_HOME=/models \
    PONDER_HOST=0.0.0.0 \
    PONDER_DRAIN_SECONDS=8
STOPSIGNAL SIGTERM
# Healthy as long as the server lives, also while a model loads; `ponder health --ready` is for load balancers.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/usr/local/bin/ponder", "health"]
ENTRYPOINT ["/usr/local/bin/ponder"]
CMD ["serve"]

ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="Ponder" \
      org.opencontainers.image.description="An OpenAI-compatible inference server for the Qwen3 family, on the CPU" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
