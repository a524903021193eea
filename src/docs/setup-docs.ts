import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openApiDocument } from '@joblib/contract';

/** Relative, so that it also works below a prefix of a reverse proxy. */
const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>joblib API</title>
    <link rel="icon" href="docs/favicon-32x32.png">
    <link rel="stylesheet" href="docs/swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script>SwaggerUIBundle({ url: 'openapi.json', dom_id: '#api', deepLinking: true });</script>
  </body>
</html>
`;

const PARTS = /^\/(swagger-ui\.css|swagger-ui-bundle\.js|favicon-32x32\.png)$/;

/** `GET /docs` (a page whose parts are all served from here) and `GET /openapi.json`. */
export function setUpDocs(app: NestFastifyApplication): void {
  const server = app.getHttpAdapter().getInstance();
  const root = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  void server.register(fastifyStatic, {
    root,
    prefix: '/docs/',
    allowedPath: (path) => PARTS.test(path),
    index: false,
    decorateReply: false,
  });
  server.get('/docs', (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  server.get('/docs/', (_request, reply) => reply.redirect('../docs'));
  const document = JSON.stringify(openApiDocument);
  server.get('/openapi.json', (_request, reply) => reply.type('application/json; charset=utf-8').send(document));
}
