// GStreamer publishes to and subscribes from a room with Chromium: VP8 and H264, and Opus.

import { after, before, test } from 'node:test';

import { startChromium } from '../driver/browsers.mjs';
import { startGStreamer } from '../driver/programs.mjs';
import { Server, ownAddress } from '../driver/server.mjs';

let server;
let browser;
before(async () => {
  server = await Server.start({ rtcIps: [ownAddress()] });
  browser = await startChromium();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

for (const codec of ['VP8', 'H264']) {
  test(`GStreamer and Chromium see and hear each other in ${codec} and Opus`, async () => {
    const room = `gstreamer-${codec}`;
    const person = await browser.open(server.callUrl(room, 'chrome', { codec: codec.toLowerCase() }));
    const program = await startGStreamer({ url: server.signalUrl, room, codec });
    try {
      await Promise.all([
        person.seesAndHears({ videos: 1, audios: 1, codec }),
        program.seesAndHears({ videos: 1, audios: 1 }),
      ]);
    } finally {
      await program.stop();
      await person.page.close();
    }
  });
}
