import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { StudioErrorFilter } from './http/studio-error.filter.js';
import { TrimPipe } from './http/trim.pipe.js';
import { StudioSockets } from './sockets/studio-sockets.js';

const adapter = new FastifyAdapter({ routerOptions: { maxParamLength: 2000 } });
const app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, { abortOnError: false });
// Our own addresses are below /studio; clients of joblib find it where its documents say.
app.setGlobalPrefix('studio', { exclude: ['v1/{*rest}'] });
app.useGlobalFilters(new StudioErrorFilter());
app.useGlobalPipes(new TrimPipe());
app.enableShutdownHooks();
app.get(StudioSockets).serve(app.getHttpServer());
await app.listen(Number(process.env['PORT'] ?? 3000), '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
