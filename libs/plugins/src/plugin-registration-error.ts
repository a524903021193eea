/** A plugin that cannot be registered: the message says why and what to do, `cause` is what was thrown. */
export class PluginRegistrationError extends Error {
  override readonly name = 'PluginRegistrationError';
}
