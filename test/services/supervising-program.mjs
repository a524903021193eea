/** Runs one program under a supervisor, as a server does: `<records folder> <command as JSON>`. Leaves without stopping it when it is told to. */
import { ProcessService, Supervisor } from '@joblib/plugins/services';

const [recordsFolder, command] = process.argv.slice(2);
const output = ({ line }) => console.log(`output ${line}`);
const service = new ProcessService(
  { name: 'program', command: JSON.parse(command), ready: { log: ' ' } },
  { recordsFolder, onOutput: output },
);
const supervisor = new Supervisor([{ plugin: service }]);
process.stdin.once('data', () => process.exit(0));
await supervisor.start('program');
console.log('supervising');
