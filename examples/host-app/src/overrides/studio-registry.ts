import type { InternalJob, InternalProvider, InternalRegistry } from '@joblib/nestjs';

const thumbnail: InternalJob = {
  schema: { required: ['title'] },
  run: ({ payload }) => Promise.resolve({ thumbnail: `${String(payload['title'])}.png` }),
};

const palette: InternalProvider = {
  read: ({ params }) => Promise.resolve({ colours: [`light ${params['hue']}`, `dark ${params['hue']}`] }),
};

/** `INTERNAL_REGISTRY`: what our own server runs and answers. */
export const studioRegistry: InternalRegistry = {
  jobs: new Map([['@internal:drawings:Thumbnail', thumbnail]]),
  providers: new Map([['@internal:pictures:Palette', palette]]),
};
