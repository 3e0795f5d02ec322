# Three images from one file: `docker build --target backend|frontend|loadtest .` compiles everything in the stage `build`.
# `make images` replaces that stage by a folder of binaries built on the host (`--build-context build=FOLDER`), where no
# base image can be pulled or compiling once is enough. Whatever fills /, these names are the contract: /backend, /frontend,
# /loadtest, /ca-certificates.crt.

# The version in the tag is the one in rust-toolchain.toml; e2e/tests/it/images.rs holds them together.
FROM rust:1.95.0-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends cmake && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
ARG REVISION=unknown
# The caches outlive the layer, so that a change compiles only what it touches. The image's own toolchain is used, not one
# that rustup would fetch for the components which only development needs.
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/source/target \
    export RUSTUP_TOOLCHAIN="$RUST_VERSION" && target=$(rustc -vV | sed -n 's/^host: //p') && \
    TODO_REVISION="$REVISION" RUSTFLAGS="-C target-feature=+crt-static" \
    cargo build --release --locked --target "$target" --no-default-features \
      --package backend --package frontend --package loadtest && \
    cp target/"$target"/release/backend target/"$target"/release/frontend target/"$target"/release/loadtest \
       /etc/ssl/certs/ca-certificates.crt /

# No shell, no libraries, no package manager: nothing to patch and nothing to break in with.
FROM scratch AS base
# Also a client that speaks only http:// refuses to start without them.
COPY --from=build /ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# By number: the kubelet can't tell from a name that it isn't root.
USER 65532:65532

FROM base AS backend
COPY --from=build /backend /backend
EXPOSE 8000
ENTRYPOINT ["/backend"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="todo-backend" \
      org.opencontainers.image.description="The API of todo: accounts and tasks, on SQLite or PostgreSQL" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM base AS frontend
COPY --from=build /frontend /frontend
EXPOSE 3000
ENTRYPOINT ["/frontend"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="todo-frontend" \
      org.opencontainers.image.description="The pages of todo, rendered by a server" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM base AS loadtest
COPY --from=build /loadtest /loadtest
ENTRYPOINT ["/loadtest"]
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="todo-loadtest" \
      org.opencontainers.image.description="Loads todo, breaks it and judges every promise it makes" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.licenses="Apache-2.0"
