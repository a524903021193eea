import type { LoggerService } from '@nestjs/common';

/** For commands whose standard output is their result. */
export const stderrLogger: LoggerService = {
  log: (message: unknown) => console.error(message),
  warn: (message: unknown) => console.error(message),
  error: (message: unknown) => console.error(message),
};
