"""Motet's signaling as a foreign program would write it: JSON-RPC 2.0 over one WebSocket (docs/signaling.md)."""

import asyncio
import json
import sys
import threading

import aiohttp


_telling = threading.Lock()


def tell(kind, **fields):
    """One line for the test that started this peer; whole, whichever thread tells it."""
    line = json.dumps({"kind": kind, **fields}) + "\n"
    with _telling:
        sys.stdout.write(line)
        sys.stdout.flush()


class Signaling:
    """Requests are awaited; the server's offers go to `on_offer`, all else it tells to `on_notification`."""

    def __init__(self, url, on_offer, on_notification=None):
        self._url = url
        self._on_offer = on_offer
        self._on_notification = on_notification or (lambda method, params: None)
        self._waiting = {}
        self._last_id = 0
        self._offers = asyncio.Queue()

    async def __aenter__(self):
        self._session = aiohttp.ClientSession()
        self._socket = await self._session.ws_connect(self._url, protocols=["motet.v1"])
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._answer_offers())]
        return self

    async def __aexit__(self, *error):
        for task in self._tasks:
            task.cancel()
        await self._socket.close()
        await self._session.close()

    async def request(self, method, **params):
        self._last_id += 1
        answered = asyncio.get_running_loop().create_future()
        self._waiting[self._last_id] = answered
        await self._socket.send_json({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        return await answered

    async def _read(self):
        async for message in self._socket:
            if message.type != aiohttp.WSMsgType.TEXT:
                break
            heard = json.loads(message.data)
            if "id" in heard and "method" not in heard:
                waiting = self._waiting.pop(heard["id"], None)
                if waiting is None or waiting.done():
                    continue
                if "error" in heard:
                    waiting.set_exception(RuntimeError(json.dumps(heard["error"])))
                else:
                    waiting.set_result(heard["result"])
            elif heard.get("method") == "offer":
                await self._offers.put(heard["params"])
            else:
                self._on_notification(heard.get("method"), heard.get("params"))
        tell("closed", code=self._socket.close_code)

    async def _answer_offers(self):
        """One after the other: an answer belongs to the offer that came last."""
        while True:
            offer = await self._offers.get()
            try:
                sdp = await self._on_offer(offer)
                await self.request("answer", sdp=sdp, offerId=offer["offerId"])
            except Exception as error:  # A peer that cannot answer must say so: the test shows it.
                tell("error", what=f"answering an offer: {error!r}")
                print(offer["sdp"], file=sys.stderr, flush=True)
