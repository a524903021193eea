export { aContext } from './a-context.js';
export { RecordingLogger } from './recording-logger.js';
export { RecordingPlugin } from './recording-plugin.js';
