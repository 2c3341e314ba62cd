FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /ponder
COPY scripts scripts
RUN scripts/install-packages build
COPY Package.swift .
RUN swift package resolve
COPY . .
RUN make build && install --strip .build/release/ponder /usr/local/bin/ponder

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates libssl3 libstdc++6 zlib1g \
    && rm -rf /var/lib/apt/lists/* /usr/share/doc/* /var/log/*
COPY --from=build /usr/local/bin/ponder /usr/local/bin/ponder
USER 10001:10001
WORKDIR /models
ENV PONDER_HOST=0.0.0.0 PONDER_PORT=8000 HF_HOME=/models
EXPOSE 8000
# /health answers as long as the server lives, also while a model loads; /ready is for load balancers.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/$PONDER_PORT && printf 'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["ponder"]
CMD ["serve"]
