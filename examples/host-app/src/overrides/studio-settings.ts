import { settingsFromEnv } from '@joblib/nestjs';
import type { JoblibSettings } from '@joblib/nestjs';

/** `JOBLIB_SETTINGS`: ours, whatever the environment says. */
export const studioSettings: JoblibSettings = {
  ...settingsFromEnv({}),
  allowedCategories: ['drawings'],
  workerDisconnectGraceSeconds: 0,
  payloadValidation: true,
};
