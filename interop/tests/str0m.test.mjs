// str0m subscribes to Chromium's tracks and publishes the frames it got; Chromium decodes them again: every codec.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { startStr0m } from '../driver/programs.mjs';
import { Server } from '../driver/server.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start({ rtcIps: ['127.0.0.1'] });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const codec of ['vp8', 'vp9', 'h264', 'av1']) {
  test(`str0m receives ${codec} and Opus, and what it sends is decoded`, async () => {
    const room = `str0m-${codec}`;
    const person = await browser.open(server.callUrl(room, 'chrome', { codec }));
    const program = await startStr0m({ url: server.signalUrl, room, codec });
    try {
      await program.seesAndHears({ videos: 1, audios: 1 });
      await person.seesAndHears({ videos: 1, audios: 1, codec });
      assert.ok(program.remote().video.bytes > 0);
    } finally {
      await program.stop();
      await person.page.close();
    }
  });
}
