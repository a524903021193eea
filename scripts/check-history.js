/** `node scripts/check-history.js <file>`: prints what a history of a run says that must not be, and fails when there is something. */
import { readFileSync } from 'node:fs';
import { parseHistory } from './history/entries.js';
import { violationsOf } from './history/rules.js';

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Which history? node scripts/check-history.js <file>');
const history = parseHistory(readFileSync(file, 'utf8'));
const violations = violationsOf(history);
for (const { rule, problem } of violations) console.log(`${rule}: ${problem}`);
const { calls, events, faults, end } = history;
const counted = `${calls.length} calls, ${events.length} events, ${end.size} tasks, ${faults.length} faults`;
console.log(`${counted}: ${violations.length === 0 ? 'holds' : `${violations.length} violation(s)`}`);
process.exitCode = violations.length === 0 ? 0 : 1;
