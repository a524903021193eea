# syntax=docker/dockerfile:1

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
# The libraries are packages of the workspace, without which `npm ci` refuses its lock file.
COPY package.json package-lock.json .npmrc ./
COPY libs libs
RUN --mount=type=cache,target=/root/.npm npm ci
COPY nest-cli.json tsconfig.json tsconfig.base.json tsconfig.ormconfig.json ormconfig.ts ./
COPY src src
RUN npx tsc -b libs . && npx tsc -b tsconfig.ormconfig.json && npm prune --omit=dev

FROM node:24.21.0-bookworm-slim
# The first process of a container has to end what its children leave behind.
RUN apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/libs libs
COPY --from=build /app/dist dist
RUN install -d -o node -g node data
USER node
# SQLite's file, unless DATABASE_URL says otherwise.
VOLUME /app/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "--max-semi-space-size=32", "dist/main.js"]
