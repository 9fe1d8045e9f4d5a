# The image has the program, the certificates of the public authorities and nothing else:
# no shell, no package. It runs as user 65532 and writes to /var/lib/love and /tmp alone, so
# that its file system can be read-only:
#
#   docker build -t loved .
#   docker run --read-only --tmpfs /tmp -v love:/var/lib/love -p 127.0.0.1:8000:8000 \
#     -e PROCESS_CONNECTION_PASS -e ADMIN_USER_PASS loved
#
# docker run loved example compose prints the rest.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /out/loved ./cmd/loved
RUN mkdir -p /out/var/lib/love /out/tmp && chmod 1777 /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/loved /loved
COPY --from=build --chown=65532:65532 /out/var/lib/love /var/lib/love
COPY --from=build /out/tmp /tmp
ENV LOVED_LISTEN=0.0.0.0:8000 LOVED_DATABASE=sqlite:/var/lib/love/loved.db
USER 65532:65532
WORKDIR /var/lib/love
VOLUME /var/lib/love
EXPOSE 8000
# Of the manager; the other programs switch it off.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/loved", "check", "--running"]
ENTRYPOINT ["/loved"]
CMD ["manager"]
