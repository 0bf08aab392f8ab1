// What people see: lobby, calls of 2, 5 and 12, phone width. Pictures are taken of the real app for somebody to look at;
// what can be judged by a program is asserted: nothing overlaps the edge, every tile shows, no script failed.
// `INTEROP_SCREENS=folder` names where the pictures go; a temporary folder otherwise.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { temporaryFolder, writeWav, writeY4m } from '../driver/media_files.mjs';
import { RawSignaling } from '../driver/raw_signaling.mjs';
import { Server, until } from '../driver/server.mjs';

const COLOURS = [
  [176, 74, 62],
  [58, 110, 165],
  [88, 140, 84],
  [150, 96, 160],
];
const NAMES = ['Ada', 'Ben', 'Chiara', 'Dov', 'Emeka', 'Farida', 'Goran', 'Hana', 'Ines', 'Jun', 'Kofi', 'Lena'];
const WIDE = { width: 1280, height: 800 };
/** The others' windows: nobody looks at them, and two cores draw them all. */
const SMALL = { width: 320, height: 240 };
const PHONE = { width: 390, height: 844, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

let server;
let files;
let folder;
const browsers = [];
before(async () => {
  server = await Server.start();
  files = await temporaryFolder();
  folder = process.env.INTEROP_SCREENS ?? files.folder;
  await mkdir(folder, { recursive: true });
  for (const [index, colour] of COLOURS.entries()) {
    const video = path.join(files.folder, `${index}.y4m`);
    const audio = path.join(files.folder, `${index}.wav`);
    await writeY4m(video, colour, { fps: 10 });
    await writeWav(audio, 300 + 200 * index);
    browsers.push(await startChromium({ video, audio }));
  }
});
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()));
  await server?.stop();
  await files?.remove();
});

/** Tiles that are on the screen, whole. */
const tilesInView = (page) =>
  page.evaluate(() => {
    const inside = (box) => box.width > 20 && box.left >= -1 && box.top >= -1 && box.right <= innerWidth + 1 && box.bottom <= innerHeight + 1;
    return [...document.querySelectorAll('.stage-tiles .tile')].filter((tile) => inside(tile.getBoundingClientRect())).length;
  });

async function picture(page, name) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(wider <= 0, `${name}: the page is ${wider} pixels wider than the window`);
  const scrolled = await page.evaluate(() => [document.scrollingElement, document.querySelector('.call')].some((element) => element?.scrollTop > 0));
  assert.ok(!scrolled, `${name}: the page is scrolled away`);
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/**
 * Joins `count` people, the first of them on `viewport`. From the fifth on they only listen to signaling: two cores carry
 * a dozen tiles, not a dozen browsers.
 */
async function call(people, room, count, viewport) {
  for (let index = 0; index < count; index += 1) {
    const name = NAMES[index];
    if (index < COLOURS.length) {
      const window = { viewport: index === 0 ? viewport : SMALL };
      const person = await browsers[index].open(server.callUrl(room, name, { codec: 'vp8' }), window);
      people.push({ person, page: person.page, leave: () => person.page.close() });
    } else {
      const listener = await RawSignaling.join(server, room, { name, autoSubscribe: false });
      people.push({ leave: () => listener.destroy() });
    }
  }
  const cameras = Math.min(count, COLOURS.length) - 1;
  await people[0].person.seesAndHears({ videos: cameras, audios: cameras, ms: 60_000 });
  await until(`${count} tiles are in view`, async () => (await tilesInView(people[0].page)) === count);
}

for (const [name, viewport] of [
  ['lobby', WIDE],
  ['lobby-phone', PHONE],
]) {
  test(`the ${name} shows a preview and can be joined from`, async () => {
    const person = await browsers[0].open(server.url, { viewport });
    await until('the preview plays', () => person.page.evaluate(() => [...document.querySelectorAll('video')].some((video) => video.videoWidth > 0)));
    await picture(person.page, name);
    assert.deepEqual(person.console.filter((line) => /error/i.test(line)), []);
    await person.page.close();
  });
}

for (const [name, count, viewport] of [
  ['call-2', 2, WIDE],
  ['call-5', 5, WIDE],
  ['call-12', 12, WIDE],
  ['call-phone', 5, PHONE],
]) {
  test(`${name}: everybody has a tile in view`, { timeout: 120_000 }, async () => {
    const people = [];
    try {
      await call(people, name, count, viewport);
      await picture(people[0].page, name);
      assert.deepEqual(people[0].person.console.filter((line) => /error/i.test(line)), []);
    } finally {
      await Promise.all(people.map(({ leave }) => leave()));
    }
  });
}

/** Opens the drawer that draws the room, and waits until the lines have their figures. */
async function drawsRoom(person, topology, name) {
  const { page } = person;
  await until(`the diagram shows ${topology} with figures`, () =>
    page.evaluate((wanted) => {
      const diagram = document.querySelector('.diagram');
      return diagram?.dataset.topology === wanted && document.querySelectorAll('.diagram-figure').length >= 4;
    }, topology),
  );
  await page.evaluate(() => (document.querySelector('.drawer-body').scrollTop = 0));
  await picture(page, name);
}

/** Whether the board of the layout editor is on the screen with all its cells. */
const boardFits = (page) =>
  page.evaluate(() => {
    const board = document.querySelector('.board')?.getBoundingClientRect();
    const inside = (box) => box.left >= board.left - 1 && box.right <= board.right + 1 && box.top >= board.top - 1 && box.bottom <= board.bottom + 1;
    const cells = [...document.querySelectorAll('.board-cell')].map((cell) => cell.getBoundingClientRect());
    return board?.width > 200 && board.left >= 0 && board.right <= innerWidth && cells.length > 0 && cells.every(inside);
  });

/** Draws a layout by hand and by keys, and waits until the server has it and the mix its cells. */
async function drawsOwnLayout({ page }) {
  await page.click('.choice:has(input[name=layout][value=custom])');
  const cells = () => page.evaluate(() => window.motet.room.layout.cells ?? []);
  await until('a layout of one\'s own begins with some cells', async () => (await cells()).length === 4);
  await until('the mix has the cells of those who are here', () => page.evaluate(() => window.motet.room.mixCells.length === 3));
  await page.evaluate(() => document.querySelector('.layout-editor').scrollIntoView({ block: 'center' }));
  const box = await (await page.$$('.board-cell'))[1].boundingBox();
  const board = await (await page.$('.board')).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - board.width * 0.3, box.y + box.height / 2 + board.height * 0.1, { steps: 5 });
  await page.mouse.up();
  await until('the dragged cell is elsewhere for everybody', async () => Math.abs((await cells())[1].x - 0.46) < 0.03);
  const before = (await cells())[1];
  await page.focus('.board-cell.is-chosen');
  for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowDown']) await page.keyboard.press(key);
  await page.keyboard.down('Shift');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.up('Shift');
  await until('keys move and resize it', async () => {
    const { x, y, w } = (await cells())[1];
    return x < before.x - 0.03 && y > before.y + 0.01 && w > before.w + 0.01;
  });
  await page.keyboard.press('Delete');
  await until('a key removes it', async () => (await cells()).length === 3);
  await page.evaluate(() => {
    const who = document.querySelector('.layout-editor select');
    who.value = [...who.options].find(({ text }) => text.startsWith('Ben')).value;
    who.dispatchEvent(new Event('change'));
  });
  await until('a cell shows one of choice', async () => (await cells()).some(({ who }) => who.startsWith('p_')));
  assert.ok(await boardFits(page));
  await picture(page, 'own-layout');
}

test('the room is drawn as mesh, star and mix, with figures, and is switched by buttons', { timeout: 200_000 }, async () => {
  const people = [];
  const join = async (name, index, viewport) => {
    const url = server.callUrl('drawn', name, { codec: 'vp8', topology: 'mesh' });
    people.push(await browsers[index].open(url, { viewport }));
  };
  try {
    for (const [index, name] of NAMES.slice(0, 3).entries()) await join(name, index, index === 0 ? WIDE : SMALL);
    await people[0].settles('mesh');
    await people[0].seesAndHears({ videos: 2, audios: 2, ms: 60_000 });
    await people[0].page.click('.room-chip');
    await drawsRoom(people[0], 'mesh', 'room-mesh');
    for (const [topology, view] of [
      ['sfu', 'tracks'],
      ['mcu', 'mix'],
    ]) {
      await people[0].page.click(`.choice:has(input[name=topology][value=${topology}])`);
      await people[0].settles(topology, view);
      const shows = () => people[0].page.evaluate(() => [...document.querySelectorAll('.stage-tiles .tile')].every((tile) => tile.matches('.has-video')));
      await until('every tile has its picture', shows);
      await drawsRoom(people[0], topology, `room-${topology}`);
    }
    await people[0].page.click('.choice:has(input[name=layout][value=speakerStrip])');
    await until('the layout is told', () => people[0].page.evaluate(() => window.motet.room.layout.arrangement === 'speakerStrip'));
    await drawsOwnLayout(people[0]);
    await join(NAMES[3], 3, PHONE);
    await people[3].settles('mcu', 'mix');
    await people[3].seesAndHears({ videos: 1, audios: 1 });
    await picture(people[3].page, 'mix-phone');
    await people[3].page.click('.room-chip');
    await drawsRoom(people[3], 'mcu', 'room-phone');
    await people[3].page.evaluate(() => document.querySelector('.layout-editor').scrollIntoView());
    await until('all of the board is in view', () => boardFits(people[3].page));
    await picture(people[3].page, 'own-layout-phone');
    assert.deepEqual(people[0].console.filter((line) => /error/i.test(line)), []);
  } finally {
    await Promise.all(people.map((person) => person.page.close()));
  }
});
