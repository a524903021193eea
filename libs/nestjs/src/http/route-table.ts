import { Injectable } from '@nestjs/common';

interface Route {
  readonly segments: readonly string[];
  readonly methods: Set<string>;
}

/** Our own routes, as Fastify registered them; it tells apart an unknown address from a known one asked with another method. */
@Injectable()
export class RouteTable {
  readonly #routes = new Map<string, Route>();

  /** `pattern` in Fastify's syntax, with `:name` for a whole segment. Wildcards are left out: they stand for what is unknown. */
  add(methods: string | readonly string[], pattern: string): void {
    if (pattern.includes('*')) return;
    const known = this.#routes.get(pattern) ?? { segments: pattern.split('/'), methods: new Set<string>() };
    for (const method of [methods].flat()) known.methods.add(method);
    this.#routes.set(pattern, known);
  }

  /** The methods that this address has, sorted; empty for an unknown one. `url` as it came, with or without a query. */
  methodsOf(url: string): string[] {
    const segments = url.replace(/[?#].*$/s, '').split('/');
    const methods = new Set<string>();
    for (const route of this.#routes.values()) {
      if (matches(route.segments, segments)) for (const method of route.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}

function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  return pattern.length === segments.length && pattern.every((part, index) => matchesSegment(part, segments[index] ?? ''));
}

function matchesSegment(pattern: string, segment: string): boolean {
  return pattern.startsWith(':') ? segment !== '' : pattern === segment || pattern === decoded(segment);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
