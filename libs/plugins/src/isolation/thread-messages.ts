import type { MessagePort } from 'node:worker_threads';

import type { PluginMetadataFields } from '../plugin-metadata.js';
import type { Accepts, PluginConfig } from '../post-processor.js';
import type { PluginSource } from '../loading/plugin-source.js';
import type { PluginExecutionContext, PluginExecutionContextFields } from '../context/plugin-execution-context.js';

/** What a thread is started with. */
export interface ThreadData {
  readonly source: PluginSource;
  readonly port: MessagePort;
}

/** A context without what cannot be copied into a thread. */
export type CopiedContext = Omit<PluginExecutionContextFields, 'signal' | 'key'> & {
  readonly key: { readonly yyyy_mm_dd: string; readonly tags: Readonly<Record<string, unknown>> };
};

/** One call at a time; `abort` is about the call that runs. */
export type ThreadCall =
  | { readonly kind: 'initialize'; readonly config: PluginConfig }
  | { readonly kind: 'process'; readonly context: CopiedContext }
  | { readonly kind: 'abort'; readonly reason: string };

/** `ready` or `refused` once; then one answer to each call. */
export type ThreadAnswer =
  | { readonly kind: 'ready'; readonly metadata: PluginMetadataFields; readonly accepts: Accepts }
  | { readonly kind: 'refused'; readonly message: string; readonly cause: CopiedError }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: CopiedError };

export interface CopiedError {
  readonly message: string;
  readonly stack: string | undefined;
}

export function copyContext({ signal: _signal, key, ...rest }: PluginExecutionContext): CopiedContext {
  return { ...rest, key: { yyyy_mm_dd: key.yyyy_mm_dd, tags: key.tags } };
}
