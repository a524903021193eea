export { OpenRoomGuard, OpenRoomReadGuard } from '../ports/index.js';
export { BearerNameIdentity } from './bearer-name-identity.js';
export { FakeClock } from './fake-clock.js';
export { InMemoryResultBackend } from '../result-backend/index.js';
export { RecordingEventPublisher } from './recording-event-publisher.js';
