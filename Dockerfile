# The service as an image: non-root, nothing written outside /tmp, no dev dependencies.
#   docker build -t party-quests .
#   docker run --read-only --tmpfs /tmp -e BOOTSTRAP_SERVERS=kafka:9092 -p 8080:8080 party-quests
# Without BOOTSTRAP_SERVERS it runs on the embedded log and listens inside the container only: add -e REST_HOST=0.0.0.0
# to reach it, and mind that it then takes commands from whoever does.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No dependency needs an install script, so none gets to run one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY machines machines
COPY src src
COPY console console
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund && npm cache clean --force
COPY --from=build /app/dist/machines dist/machines
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/console dist/console
COPY definitions definitions

# The files belong to root: the service can read them and change none.
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM

# Alive, not ready: a replica that waits for its broker must not be restarted for it. Without HTTP there is nobody to
# ask, and the process being there has to do.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["node", "-e", "\
const { REST_PORT, REST_HOST } = process.env; \
if (REST_PORT === '0') process.exit(0); \
const host = !REST_HOST || REST_HOST === '0.0.0.0' ? '127.0.0.1' : REST_HOST === '::' ? '::1' : REST_HOST; \
fetch(`http://${host.includes(':') ? `[${host}]` : host}:${REST_PORT || 8080}/livez`, { signal: AbortSignal.timeout(4000) }) \
  .then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Node itself is process 1, so that SIGTERM reaches it; no shell in between.
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/src/main.js"]
CMD ["start"]
