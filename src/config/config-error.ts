/** A setting that the service cannot start with. The message names the variable and its value, in one line, and is all that is printed. */
export class ConfigError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConfigError';
  }
}
