# Fasti as an image: nothing but the program, its libraries, time zones, certificates, and the
# copyright files of what is in it. No shell, no package manager, no user who could become another.
#
#   docker build -t fasti .
#   docker run -p 8000:8000 -v fasti:/data --read-only --cap-drop ALL fasti

FROM docker.io/library/debian:trixie-slim AS build
SHELL ["/bin/bash", "-euc"]
WORKDIR /fasti
COPY tools/setup.sh tools/
RUN . tools/setup.sh && need_packages $BUILD_PACKAGES
COPY . .
RUN . tools/setup.sh && need_pages \
    && meson setup build-image -Dbuildtype=release -Dtests=disabled -Dpages=enabled \
    && ninja -C build-image fasti \
    && packaging/image-root build-image/fasti /image

FROM scratch
COPY --from=build /image /
LABEL org.opencontainers.image.title="Fasti" \
    org.opencontainers.image.description="A shared calendar server whose every change is kept" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.vendor="The Fasti authors" \
    org.opencontainers.image.licenses="MIT"
ENV FASTI_LISTEN=0.0.0.0:8000 FASTI_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/usr/bin/fasti", "healthcheck"]
ENTRYPOINT ["/usr/bin/fasti"]
CMD ["serve"]
