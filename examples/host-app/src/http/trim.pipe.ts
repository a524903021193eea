import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';

/** Takes white space off the texts of the bodies that our handlers get. What joblib reads is no `body` to Nest, and stays as it was sent. */
export class TrimPipe implements PipeTransform {
  transform(value: unknown, { type }: ArgumentMetadata): unknown {
    if (type !== 'body') return value;
    if (typeof value === 'string') return value.trim();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typeof inner === 'string' ? inner.trim() : inner]));
  }
}
