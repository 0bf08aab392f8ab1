"""An aiortc participant: publishes a moving picture and a tone, decodes what others send, tells what it sees each second."""

import argparse
import asyncio
import fractions
import time

import av
import numpy
from aiortc import (
    AudioStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtcrtpsender import RTCRtpSender

from signaling import Signaling, tell

SAMPLE_RATE = 48_000
SAMPLES = 960


class Picture(VideoStreamTrack):
    """One colour, over which a bar walks."""

    def __init__(self, colour, width=320, height=240):
        super().__init__()
        self._picture = numpy.full((height, width, 3), colour, dtype=numpy.uint8)
        self._count = 0

    async def recv(self):
        pts, time_base = await self.next_timestamp()
        picture = self._picture.copy()
        at = (self._count * 4) % picture.shape[1]
        picture[:, at : at + 8] = 128
        self._count += 1
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, time_base
        return frame


class Tone(AudioStreamTrack):
    """A sine."""

    def __init__(self, frequency):
        super().__init__()
        self._frequency = frequency
        self._sent = 0
        self._start = None

    async def recv(self):
        self._start = self._start or time.monotonic()
        wait = self._start + self._sent / SAMPLE_RATE - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        n = numpy.arange(self._sent, self._sent + SAMPLES)
        wave = (10_000 * numpy.sin(2 * numpy.pi * self._frequency * n / SAMPLE_RATE)).astype(numpy.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._sent, fractions.Fraction(1, SAMPLE_RATE)
        self._sent += SAMPLES
        return frame


class Watcher:
    """Counts what is decoded of each remote track."""

    def __init__(self):
        self.seen = {}

    def watch(self, track):
        asyncio.create_task(self._picture(track) if track.kind == "video" else self._sound(track))

    async def _picture(self, track):
        entry = self.seen[track.id] = {"kind": "video", "frames": 0, "changes": 0, "colour": None, "width": 0}
        last = None
        while frame := await receive(track):
            picture = frame.to_ndarray(format="rgb24")
            entry["frames"] += 1
            entry["width"] = frame.width
            entry["colour"] = [int(value) for value in picture.mean(axis=(0, 1))]
            if last is not None and (last.shape != picture.shape or (last != picture).any()):
                entry["changes"] += 1
            last = picture

    async def _sound(self, track):
        entry = self.seen[track.id] = {"kind": "audio", "frames": 0, "energy": 0.0, "frequency": 0.0}
        gathered = numpy.zeros(0)
        while frame := await receive(track):
            channels = len(frame.layout.channels)
            wave = frame.to_ndarray().reshape(-1)[::channels].astype(numpy.float64) / 32768
            entry["frames"] += 1
            entry["energy"] += float((wave**2).sum()) / frame.sample_rate
            gathered = numpy.concatenate([gathered, wave])[-frame.sample_rate // 2 :]
            if len(gathered) >= frame.sample_rate // 2 and entry["frames"] % 25 == 0:
                spectrum = numpy.abs(numpy.fft.rfft(gathered * numpy.hanning(len(gathered))))
                entry["frequency"] = float(spectrum.argmax()) * frame.sample_rate / len(gathered)


async def receive(track):
    try:
        return await track.recv()
    except MediaStreamError:
        return None


def prefer(transceiver, kind, name):
    """Leaves only the named codec and its repair."""
    codecs = RTCRtpSender.getCapabilities(kind).codecs
    wanted = [codec for codec in codecs if codec.mimeType.lower() in (f"{kind}/{name}".lower(), f"{kind}/rtx")]
    transceiver.setCodecPreferences(wanted)


def configuration(relay, ice_servers):
    """Without servers; or with `relay` through TURN alone, over the transport that it names."""
    if not relay:
        return RTCConfiguration(iceServers=[])
    servers = [
        RTCIceServer(urls=url, username=server["username"], credential=server["credential"])
        for server in ice_servers
        for url in server["urls"]
        if (url.startswith("turns:") if relay == "tls" else url.startswith("turn:") and url.endswith(f"transport={relay}"))
    ]
    return RTCConfiguration(iceServers=servers, iceTransportPolicy=RTCIceTransportPolicy.RELAY)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="aiortc")
    parser.add_argument("--codec", default="VP8")
    parser.add_argument("--colour", default="200,40,40")
    parser.add_argument("--tone", type=float, default=440)
    parser.add_argument("--topologies", default="sfu", help="what the peer says that it can take part in")
    parser.add_argument("--relay", choices=["udp", "tcp", "tls"], help="media goes through the server's TURN alone, over this")
    arguments = parser.parse_args()

    watcher = Watcher()
    # Made when the join has told the servers; an offer may be here as early.
    subscribing = asyncio.get_running_loop().create_future()

    async def answer(offer):
        subscribe = await subscribing
        await subscribe.setRemoteDescription(RTCSessionDescription(offer["sdp"], "offer"))
        await subscribe.setLocalDescription(await subscribe.createAnswer())
        return subscribe.localDescription.sdp

    async with Signaling(arguments.url, answer) as signaling:
        joined = await signaling.request(
            "join", room=arguments.room, name=arguments.name, topologies=arguments.topologies.split(",")
        )
        tell("joined", id=joined["participantId"])
        config = configuration(arguments.relay, joined.get("iceServers", []))
        publish, subscribe = (RTCPeerConnection(config) for _ in range(2))
        for name, connection in (("publish", publish), ("subscribe", subscribe)):
            connection.on("connectionstatechange", lambda n=name, c=connection: tell("state", peer=n, state=c.connectionState))
        subscribe.on("track", watcher.watch)
        subscribing.set_result(subscribe)
        colour = [int(part) for part in arguments.colour.split(",")]
        publish.addTrack(Tone(arguments.tone))
        publish.addTrack(Picture(colour))
        for transceiver in publish.getTransceivers():
            transceiver.direction = "sendonly"
            if transceiver.kind == "video":
                prefer(transceiver, "video", arguments.codec)
        await publish.setLocalDescription(await publish.createOffer())
        sources = {"audio": "microphone", "video": "camera"}
        tracks = [{"mid": t.mid, "source": sources[t.kind]} for t in publish.getTransceivers()]
        answered = await signaling.request("publish", sdp=publish.localDescription.sdp, tracks=tracks)
        await publish.setRemoteDescription(RTCSessionDescription(answered["sdp"], "answer"))
        tell("published", tracks=answered["tracks"])
        while True:
            await asyncio.sleep(0.5)
            sent = [
                {"kind": report.kind, "packets": report.packetsSent}
                for report in (await publish.getStats()).values()
                if report.type == "outbound-rtp"
            ]
            tell("stats", remote=watcher.seen, sent=sent)


asyncio.run(main())
