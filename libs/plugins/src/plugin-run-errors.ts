/** A plugin that ran longer than it may. */
export class PluginTimeLimitError extends Error {
  override readonly name = 'PluginTimeLimitError';
}

/** A plugin whose thread ended before it answered: it crashed, left, or took more memory than it may. */
export class PluginThreadError extends Error {
  override readonly name = 'PluginThreadError';
}

/** Nobody of that name is registered. */
export class PluginNotFoundError extends Error {
  override readonly name = 'PluginNotFoundError';
}
