# What runs where is in docker-compose.yml, and why in docs/containers.md. Pin the two images by their digests for layers that are the same next year, too.
ARG NODE_IMAGE=docker.io/library/node:22-trixie-slim
ARG BASE_IMAGE=docker.io/library/debian:trixie-slim

# Builds, and stays behind: npm and the compilers are in no image that runs.
FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# As scripts/install.mjs does it, and for its reasons: no package's own script runs.
RUN npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error
COPY proto proto
COPY scripts scripts
COPY services services
COPY clients clients
COPY tsconfig.json tsconfig.browser.json buf.yaml buf.gen.yaml LICENSE ./
# Seconds: until when the build is dated. The CA signs nothing while its clock is before that.
ARG SOURCE_DATE_EPOCH
RUN mkdir test && node scripts/build.mjs && npm prune --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error

# Debian, Node, and a user that owns nothing but the folders of its volumes.
FROM ${BASE_IMAGE} AS runtime
COPY --from=build /usr/local/bin/node /usr/local/bin/node
RUN echo 'latchkey:x:10001:10001::/nonexistent:/usr/sbin/nologin' >> /etc/passwd && echo 'latchkey:x:10001:' >> /etc/group
USER 10001:10001

FROM runtime AS demo-backend
COPY containers/demo-backend.mjs /usr/lib/demo-backend.mjs
CMD ["node", "/usr/lib/demo-backend.mjs"]

# The CA, the enrolment service and the commands.
FROM runtime AS latchkey
COPY --from=build /build/package.json /build/LICENSE /usr/lib/latchkey/
COPY --from=build /build/node_modules /usr/lib/latchkey/node_modules
COPY --from=build /build/proto /usr/lib/latchkey/proto
COPY --from=build /build/dist/browser /usr/lib/latchkey/dist/browser
COPY --from=build /build/dist/generated /usr/lib/latchkey/dist/generated
COPY --from=build /build/dist/services /usr/lib/latchkey/dist/services
COPY --from=build /build/dist/clients /usr/lib/latchkey/dist/clients
COPY containers/ca containers/enrollment /usr/local/bin/
USER root
# An empty volume takes over whose the folder is that it is mounted on.
RUN ln -s /usr/lib/latchkey/dist/clients/cli/latchkey.js /usr/local/bin/latchkey \
  && ln -s /usr/lib/latchkey/dist/clients/nginx/latchkey-nginx.js /usr/local/bin/latchkey-nginx \
  && install -d -m 0700 -o latchkey -g latchkey /var/lib/latchkey /var/lib/latchkey-recovery /var/lib/latchkey-nginx \
    /credentials /credentials/enrollment /credentials/door
USER 10001:10001
# `container` tells the LAN guard where it is. Only the CA's container mounts volumes on the two folders.
ENV container=oci LATCHKEY_DATA=/var/lib/latchkey XDG_CONFIG_HOME=/var/lib/latchkey-recovery
CMD ["ca"]

# nginx with its hook: in one container, where the hook sees nginx's workers, tests with the very nginx that it reloads, and asks it on loopback.
FROM latchkey AS door
USER root
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx \
  && rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* /etc/nginx/sites-* /usr/share/doc/*
COPY containers/nginx.conf /etc/nginx/nginx.conf
COPY containers/door /usr/local/bin/
USER 10001:10001
CMD ["door"]
