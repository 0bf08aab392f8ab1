// Runs the interop tests one file after the other: two cores carry one call well, not five at once. What mostly waits
// goes on beside the others. What fails on a machine that was taken away meanwhile has not been tried, and is tried again when the
// rest is done.
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

/** The first, and those in which files are tried again. */
const ROUNDS_MAX = 5;

const beside = files.filter(mostlyWaits).map((file) => run(file, { beside: true }));
const outcomes = [];
let due = files.filter((file) => !mostlyWaits(file));
for (let round = 1; due.length > 0; round += 1) {
  const again = [];
  for (const file of due) {
    const watch = watchTheft();
    const passed = await run(file);
    const share = watch.stop();
    if (passed || share <= TAKEN_SHARE_MAX || round === ROUNDS_MAX) {
      outcomes.push(passed);
      continue;
    }
    again.push(file);
    const percent = Math.round(100 * share);
    console.log(`${path.basename(file)}: others took ${percent} % of this machine's cores meanwhile, so it is tried again after the rest`);
  }
  due = again;
}
outcomes.push(...(await Promise.all(beside)));
const failed = outcomes.filter((passed) => !passed).length;
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
