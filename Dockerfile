# One static program, nothing else, and no root.
#
#   docker build -t thirdtry:0.1.0 .
#   docker run --rm -u "$(id -u)" -v "$PWD:/work" thirdtry:0.1.0 run scenarios/quickstart.json
#
# The tests read this file: what they rely on is said in tests/it/packaging.rs.
FROM rust:1.95-alpine AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release

FROM scratch
COPY --from=build /src/target/release/thirdtry /thirdtry
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["/thirdtry"]
CMD ["--help"]
