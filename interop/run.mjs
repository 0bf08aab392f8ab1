// Runs the interop tests one file after the other: two cores carry one call well, not five at once.
// Words after the command choose files by a part of their name.

import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';

const folder = new URL('./tests/', import.meta.url);
const words = process.argv.slice(2);
const files = (await readdir(folder))
  .filter((file) => file.endsWith('.test.mjs'))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .map((file) => new URL(file, folder).pathname);
if (files.length === 0) {
  console.error(`no test file is called ${words.join(' or ')}`);
  process.exit(1);
}

let failed = 0;
for (const file of files) {
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', file], { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) failed += 1;
}
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
