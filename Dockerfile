FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
ENV CARGO_TARGET_DIR=/target
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/target \
    cargo build --locked --release --package cli --bin tallyman \
    && install -D /target/release/tallyman /out/tallyman \
    && install -D "$(scripts/build-supervisor)" /out/tallyman-supervisor

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --home-dir /data tallyman \
    && install --directory --owner=tallyman --group=tallyman --mode=0700 /data
COPY --from=build /out/tallyman /usr/local/bin/tallyman
COPY --from=build /out/tallyman-supervisor /usr/local/lib/tallyman/supervisor
ENV HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    LOG_FORMAT=json \
    TALLYMAN_SUPERVISOR=/usr/local/lib/tallyman/supervisor
USER tallyman
WORKDIR /data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/usr/bin/tini", "--", "tallyman"]
CMD ["up"]
