import { execFileSync } from 'node:child_process';

/** Why that program is not tried here; `null` when it can be. */
export function missingProgram(program: string): string | null {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return `there is no ${program} on this machine`;
  }
}

const node = process.execPath;

/** Takes `port` from its arguments, and answers 503 at first, then 200. */
export function webProgram(port: number): readonly string[] {
  return [
    node,
    '-e',
    `let asked = 0;
     require('node:http').createServer((request, response) => {
       asked += 1;
       response.statusCode = asked < 3 ? 503 : 200;
       response.end();
     }).listen(${port}, '127.0.0.1');`,
  ];
}

/** Starts a child that ignores SIGTERM, ignores it as well, and writes the numbers of both. */
export const STUBBORN_PROGRAM: readonly string[] = [
  node,
  '-e',
  `process.on('SIGTERM', () => console.log('no'));
   setInterval(() => undefined, 1000);
   if (process.argv[1] === 'child') console.log('child ' + process.pid);
   else require('node:child_process').spawn(process.execPath, ['-e', process.execArgv[1], 'child'], { stdio: 'inherit' }).on('spawn', () => console.log('parent ' + process.pid));`,
];

/** Starts a child in a group of its own, writes its number, and runs on. */
export const ESCAPING_PROGRAM: readonly string[] = [
  node,
  '-e',
  `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { detached: true, stdio: 'ignore' });
   setInterval(() => undefined, 1000);
   console.log('child ' + child.pid);`,
];

/** Runs until it is ended, and says when it is there. */
export const IDLE_PROGRAM: readonly string[] = [node, '-e', `setInterval(() => undefined, 1000); console.log('here ' + process.pid);`];

/** The number behind `word` in what a program wrote. */
export function pidIn(lines: readonly string[], word: string): number {
  const line = lines.find((text) => text.startsWith(`${word} `));
  if (line === undefined) throw new Error(`Nobody wrote ${word}: ${lines.join(' | ')}`);
  return Number(line.slice(word.length + 1));
}
