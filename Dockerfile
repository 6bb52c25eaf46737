# One file for all images; targets: operator, gateway, runner, simulators, postgres.
# Builds with docker, buildx and buildah. BASE is any Debian 12; a secret `ca` may hold extra certificates for the build.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS base
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends python3-minimal libpython3-stdlib ca-certificates tzdata \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
 && groupadd -g 10001 agent && useradd -u 10001 -g 10001 -d /home/agent -M -s /bin/bash agent
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

# --- Python environments ------------------------------------------------------------------------------------------
# Built apart, so that no pip, cache or compiler is in a result, and each upon another: what the simulators need, all others need
# too. So images share layers, and a package is fetched once. /opt/new is what a lock adds.
FROM base AS builder
RUN apt-get update -q && apt-get install -y -q --no-install-recommends python3-venv python3-pip
WORKDIR /src
COPY --chmod=0755 dev/images/install.sh /usr/local/bin/

FROM builder AS venv-simulators
COPY requirements-simulators.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    install.sh requirements-simulators.lock

FROM venv-simulators AS venv-runner
COPY requirements-runner.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    install.sh requirements-runner.lock

FROM venv-simulators AS venv-operator
COPY requirements-operator.lock ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    install.sh requirements-operator.lock

FROM venv-operator AS venv-gateway
COPY requirements-gateway.lock dev/images/keep_locales.py ./
ARG LANGUAGES="en de es fr ja pt ru zh-hans"
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    install.sh requirements-gateway.lock python3 keep_locales.py /opt/venv/lib/python3.11/site-packages ${LANGUAGES}

FROM base AS python
COPY --from=venv-simulators /opt/new /opt/venv

FROM python AS python-operator
COPY --from=venv-operator /opt/new /opt/venv

# --- our own packages, small and above all else: what changes each day -------------------------------------------
FROM base AS code-operator
COPY contract/agent_contract /opt/code/agent_contract
COPY kube/agent_kube /opt/code/agent_kube
COPY operator/agent_operator /opt/code/agent_operator
RUN python3 -m compileall -q -s /opt/code -p /opt/venv/lib/python3.11/site-packages --invalidation-mode unchecked-hash /opt/code

FROM base AS code-gateway
COPY contract/agent_contract /opt/code/agent_contract
COPY kube/agent_kube /opt/code/agent_kube
COPY gateway/agent_gateway /opt/code/agent_gateway
RUN python3 -m compileall -q -s /opt/code -p /opt/venv/lib/python3.11/site-packages --invalidation-mode unchecked-hash /opt/code

FROM base AS code-runner
COPY contract/agent_contract /opt/code/agent_contract
COPY runner/agent_runner /opt/code/agent_runner
RUN python3 -m compileall -q -s /opt/code -p /opt/venv/lib/python3.11/site-packages --invalidation-mode unchecked-hash /opt/code

FROM base AS code-simulators
COPY contract/agent_contract /opt/code/agent_contract
COPY simulators/agent_simulators /opt/code/agent_simulators
RUN python3 -m compileall -q -s /opt/code -p /opt/venv/lib/python3.11/site-packages --invalidation-mode unchecked-hash /opt/code

# --- Node and pi: fetched by hash, then run once as the user that will run them, to fill the compile cache ---------
FROM builder AS pi
COPY dev/pins.toml dev/images/fetch_pi.py dev/images/warm.mjs ./
RUN --mount=type=secret,id=ca,target=/run/ca.crt,required=false --mount=type=secret,id=pip,target=/etc/pip.conf,required=false --mount=type=secret,id=npm,target=/root/.npmrc,required=false \
    [ ! -s /run/ca.crt ] || export PIP_CERT=/run/ca.crt NODE_EXTRA_CA_CERTS=/run/ca.crt; \
    python3 fetch_pi.py pins.toml /opt \
 && mkdir -m 0777 /opt/pi/compile-cache
COPY runner/agent_runner/extension/ /opt/warm/
USER 10001:10001
RUN NODE_COMPILE_CACHE=/opt/pi/compile-cache TMPDIR=/tmp /opt/node/bin/node warm.mjs \
    /opt/pi/node_modules/@earendil-works/pi-coding-agent/dist/bundle/cli.js \
    /opt/warm/token.mjs /opt/warm/prime.mjs /opt/warm/tools.mjs /opt/warm/room.mjs /opt/warm/mend.mjs /opt/warm/pictures.mjs \
 && chmod -R a+rX /opt/pi/compile-cache/*

# --- results -------------------------------------------------------------------------------------------------------
FROM python-operator AS operator
COPY --from=code-operator /opt/code /opt/venv/lib/python3.11/site-packages
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_operator"]

# opusdec: some services take voice messages as WAV alone
FROM python-operator AS gateway
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends opus-tools \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info
COPY --from=venv-gateway /opt/new /opt/venv
COPY --from=code-gateway /opt/code /opt/venv/lib/python3.11/site-packages
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_gateway"]

FROM python AS simulators
COPY --from=code-simulators /opt/code /opt/venv/lib/python3.11/site-packages
USER 10001:10001
ENTRYPOINT ["python", "-m", "agent_simulators"]

# Made to be built upon: `FROM` it, install tools as user 0, end with user 10001. A platform may run it as any other user, of
# group 0: what is written to belongs to that group.
FROM python AS runner
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends python3 git git-lfs ripgrep fd-find curl jq procps zstd \
 && ln -s /usr/bin/fdfind /usr/local/bin/fd \
 && git lfs install --system --skip-repo \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
 && mkdir -p /workspace /home/agent /run/agent && chown 10001:0 /workspace /home/agent /run/agent && chmod g=u /workspace /home/agent /run/agent
COPY --from=venv-runner /opt/new /opt/venv
COPY --from=pi /opt/node /opt/node
COPY --from=pi /opt/pi /opt/pi
COPY --from=code-runner /opt/code /opt/venv/lib/python3.11/site-packages
ENV PATH=/opt/venv/bin:/opt/node/bin:/usr/local/bin:/usr/bin:/bin NODE_COMPILE_CACHE=/opt/pi/compile-cache
# -I: neither the folder it starts in nor a variable adds to what the first process of a pod imports
USER 10001:10001
ENTRYPOINT ["/opt/venv/bin/python", "-I", "-u", "-B", "-m", "agent_runner"]

# For where the official image cannot be pulled: the same settings, from Debian's package.
FROM ${BASE} AS postgres
RUN apt-get update -q \
 && groupadd -g 10001 postgres && useradd -u 10001 -g 10001 -d /var/lib/postgresql -M -s /bin/sh postgres \
 && apt-get install -y -q --no-install-recommends postgresql-15 libnss-wrapper \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/* /usr/share/doc /usr/share/man /usr/share/locale /usr/share/info \
    /var/lib/postgresql/15 /usr/lib/postgresql/15/lib/bitcode /usr/lib/postgresql/15/lib/llvmjit* /usr/lib/*/libLLVM* \
 && mkdir -p /var/lib/postgresql/data /var/run/postgresql \
 && chown -R 10001:0 /var/lib/postgresql /var/run/postgresql && chmod -R g=u /var/lib/postgresql /var/run/postgresql
COPY --chmod=0755 dev/images/postgres-entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=/var/lib/postgresql/data
USER 10001:10001
# a fast shutdown: the smart one that SIGTERM asks for would wait for clients
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
