import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from '@joblib/contract';

/** `GET /docs` (a page whose parts are all served from here) and `GET /openapi.json`. */
export function setUpDocs(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, openApiDocument, {
    raw: ['json'],
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'joblib API',
  });
}
