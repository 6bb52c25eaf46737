# One file for all images; targets: operator, gateway, runner, simulators, postgres.
# Builds with docker, buildx and buildah. BASE is any Debian 12; a secret `ca` may hold extra certificates for the build.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends python3-minimal libpython3-stdlib ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
 && groupadd -g 10001 agent && useradd -u 10001 -g 10001 -d /run/agent -M -s /bin/bash agent
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# --- Python environments: built apart, so that no pip, cache or compiler is in a result ---------------------------
FROM base AS builder
RUN apt-get update -q && apt-get install -y -q --no-install-recommends python3-venv python3-pip
WORKDIR /src

FROM builder AS venv-operator
COPY requirements-operator.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt; \
    python3 -m venv --without-pip /opt/venv \
 && /usr/bin/python3 -m pip --python /opt/venv/bin/python install -q --no-cache-dir --no-compile --require-hashes -r requirements-operator.lock
COPY contract ./contract
COPY kube ./kube
COPY operator ./operator
RUN cp -r contract/agent_contract kube/agent_kube operator/agent_operator /opt/venv/lib/python3.11/site-packages/ \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM builder AS venv-gateway
COPY requirements-gateway.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt; \
    python3 -m venv --without-pip /opt/venv \
 && /usr/bin/python3 -m pip --python /opt/venv/bin/python install -q --no-cache-dir --no-compile --require-hashes -r requirements-gateway.lock
COPY contract ./contract
COPY kube ./kube
COPY gateway ./gateway
RUN cp -r contract/agent_contract kube/agent_kube gateway/agent_gateway /opt/venv/lib/python3.11/site-packages/ \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM builder AS venv-runner
COPY requirements-runner.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt; \
    python3 -m venv --without-pip /opt/venv \
 && /usr/bin/python3 -m pip --python /opt/venv/bin/python install -q --no-cache-dir --no-compile --require-hashes -r requirements-runner.lock
COPY contract ./contract
COPY runner ./runner
RUN cp -r contract/agent_contract runner/agent_runner /opt/venv/lib/python3.11/site-packages/ \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

FROM builder AS venv-simulators
COPY requirements-simulators.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt; \
    python3 -m venv --without-pip /opt/venv \
 && /usr/bin/python3 -m pip --python /opt/venv/bin/python install -q --no-cache-dir --no-compile --require-hashes -r requirements-simulators.lock
COPY contract ./contract
COPY simulators ./simulators
RUN cp -r contract/agent_contract simulators/agent_simulators /opt/venv/lib/python3.11/site-packages/ \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

# --- Node and pi: fetched by hash, then run once as the user that will run them, to fill the compile cache ---------
FROM builder AS pi
COPY dev/pins.toml dev/images/fetch_pi.py dev/images/warm.mjs ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false --mount=type=secret,id=npm,target=/root/.npmrc,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt NODE_EXTRA_CA_CERTS=/run/ca.crt; \
    python3 fetch_pi.py pins.toml /opt \
 && mkdir -m 0777 /opt/pi/compile-cache
COPY runner/agent_runner/extension/tools.js /opt/warm/tools.js
USER 10001:10001
RUN NODE_COMPILE_CACHE=/opt/pi/compile-cache TMPDIR=/tmp /opt/node/bin/node warm.mjs \
    /opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js /opt/warm/tools.js

# --- results -------------------------------------------------------------------------------------------------------
FROM base AS operator
COPY --from=venv-operator /opt/venv /opt/venv
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_operator"]

FROM base AS gateway
COPY --from=venv-gateway /opt/venv /opt/venv
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_gateway"]

FROM base AS simulators
COPY --from=venv-simulators /opt/venv /opt/venv
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_simulators"]

# Made to be built upon: `FROM` it, install tools as user 0, end with user 10001.
FROM base AS runner
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends python3 git ripgrep fd-find curl jq procps zstd \
 && ln -s /usr/bin/fdfind /usr/local/bin/fd \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
 && mkdir -p /workspace /run/agent && chown 10001:10001 /workspace /run/agent
COPY --from=pi /opt/node /opt/node
COPY --from=pi /opt/pi /opt/pi
COPY --from=venv-runner /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin NODE_COMPILE_CACHE=/opt/pi/compile-cache
WORKDIR /workspace
USER 10001:10001
ENTRYPOINT ["/opt/venv/bin/python", "-m", "agent_runner"]

# For where the official image cannot be pulled: the same settings, from Debian's package.
FROM ${BASE} AS postgres
RUN apt-get update -q \
 && groupadd -g 10001 postgres && useradd -u 10001 -g 10001 -d /var/lib/postgresql -M -s /bin/sh postgres \
 && apt-get install -y -q --no-install-recommends postgresql-15 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
    /var/lib/postgresql/15 /usr/lib/postgresql/15/lib/bitcode /usr/lib/postgresql/15/lib/llvmjit* /usr/lib/*/libLLVM* \
 && mkdir -p /var/lib/postgresql/data /var/run/postgresql \
 && chown -R 10001:10001 /var/lib/postgresql /var/run/postgresql
COPY --chmod=0755 dev/images/postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
USER 10001:10001
# a fast shutdown: the smart one that SIGTERM asks for would wait for clients
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
