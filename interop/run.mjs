// Runs the interop tests one file after the other: two cores carry one call well, not five at once. What mostly waits
// goes on beside the others. What fails on a machine that was taken away meanwhile has not been tried, and is tried again.
// Words after the command choose files by a part of their name.

import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { TAKEN_SHARE_MAX, watchTheft } from './driver/machine.mjs';

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

const TRIES_MAX = 3;

/** As `run`; a failure counts if the machine was there, or at the last try. */
async function tryOut(file) {
  for (let left = TRIES_MAX; ; left -= 1) {
    const watch = watchTheft();
    const passed = await run(file);
    const share = watch.stop();
    if (passed || share <= TAKEN_SHARE_MAX || left === 1) return passed;
    const percent = Math.round(100 * share);
    console.log(`${path.basename(file)}: others took ${percent} % of this machine's cores meanwhile, so it is tried again`);
  }
}

const beside = files.filter(mostlyWaits).map((file) => run(file, { beside: true }));
const outcomes = [];
for (const file of files.filter((file) => !mostlyWaits(file))) outcomes.push(await tryOut(file));
outcomes.push(...(await Promise.all(beside)));
const failed = outcomes.filter((passed) => !passed).length;
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
