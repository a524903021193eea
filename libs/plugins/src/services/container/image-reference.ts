import { ServiceConfigError } from '../service-errors.js';

/** An image: a repository, with its registry if any, and which of its images. */
export interface ImageReference {
  /** `registry.example:5000/team/app`. */
  readonly repository: string;
  /** `null` when only the digest counts. */
  readonly tag: string | null;
  /** `sha256:…`. */
  readonly digest: string | null;
}

const REPOSITORY =
  /^(?:(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Without a tag and a digest it is `latest`; the port of a registry is not a tag. @throws ServiceConfigError. */
export function parseImage(text: string): ImageReference {
  if (text.trim() === '') throw new ServiceConfigError('Image cannot be empty');
  const [named = '', digest = null, ...rest] = text.split('@');
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const repository = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : digest === null ? 'latest' : null;
  const isGood =
    rest.length === 0 && REPOSITORY.test(repository) && (tag === null || TAG.test(tag)) && (digest === null || DIGEST.test(digest));
  if (!isGood) {
    throw new ServiceConfigError(
      `${JSON.stringify(text)} is not an image: write it as redis:7 or registry.example:5000/team/app@sha256:….`,
    );
  }
  return { repository, tag, digest };
}

/** In the form that engines take; a digest says more than a tag. */
export function imageName({ repository, tag, digest }: ImageReference): string {
  return digest === null ? `${repository}:${tag}` : `${repository}@${digest}`;
}
