/** Runs one container under a supervisor, as a server does, until it is killed: `<engine's socket> <config as JSON>`. */
import { ContainerService, Supervisor } from '@joblib/plugins/services';

const [socketPath, config] = process.argv.slice(2);
const service = new ContainerService(JSON.parse(config), { socketPath });
const supervisor = new Supervisor([{ plugin: service, policy: { startTimeoutSeconds: 240, maxRetries: 0 } }]);
await supervisor.start(service.name);
console.log('supervising');
