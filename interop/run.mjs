// Runs the interop tests one file after the other: two cores carry one call well, not five at once. What mostly waits
// goes on beside the others.
// Words after the command choose files by a part of their name.

import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

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

/** A minute of nothing at all is what it looks at. */
const mostlyWaits = (file) => path.basename(file) === 'memory.test.mjs';

/** Resolves to whether all tests of the file passed, when it has been told how they did. */
function run(file, { beside = false } = {}) {
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', file], {
    stdio: ['ignore', beside ? 'pipe' : 'inherit', 'inherit'],
  });
  let told = '';
  child.stdout?.on('data', (data) => (told += data));
  return new Promise((resolve) =>
    child.once('close', (code) => {
      process.stdout.write(told);
      resolve(code === 0);
    }),
  );
}

const beside = files.filter(mostlyWaits).map((file) => run(file, { beside: true }));
const outcomes = [];
for (const file of files.filter((file) => !mostlyWaits(file))) outcomes.push(await run(file));
outcomes.push(...(await Promise.all(beside)));
const failed = outcomes.filter((passed) => !passed).length;
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
