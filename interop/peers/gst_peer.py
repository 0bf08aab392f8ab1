"""A GStreamer webrtcbin participant (its certificate is RSA): publishes a test picture and a tone, decodes what others
send, tells what it sees twice a second."""

import argparse
import asyncio
import threading

import gi
import numpy

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from signaling import Signaling, tell  # noqa: E402

ENCODERS = {
    "VP8": "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 target-bitrate=400000 ! rtpvp8pay picture-id-mode=15-bit ! "
    "application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "H264": "video/x-raw,format=I420 ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=60 bitrate=400 ! "
    "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=zero-latency ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=96",
}


def publish_pipeline(codec, tone):
    # Extensions are named in the caps of the payloader: webrtcbin offers what it finds there.
    return Gst.parse_launch(
        "webrtcbin name=peer bundle-policy=max-bundle "
        "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=20/1 ! videoconvert ! queue ! "
        f"{ENCODERS[codec]} ! peer. "
        f"audiotestsrc is-live=true freq={tone} volume=0.5 ! audioconvert ! audioresample ! queue ! opusenc ! rtpopuspay ! "
        "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer."
    )


class Watcher:
    """Decodes each remote pad and counts."""

    def __init__(self, pipeline):
        self.seen = {}
        self._pipeline = pipeline

    def pad_added(self, _peer, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        decode = Gst.ElementFactory.make("decodebin")
        decode.connect("pad-added", self._decoded)
        self._pipeline.add(decode)
        decode.sync_state_with_parent()
        pad.link(decode.get_static_pad("sink"))

    def _decoded(self, decode, pad):
        kind = pad.get_current_caps().get_structure(0).get_name().split("/")[0]
        name = f"{kind}-{decode.get_name()}"
        wanted = "video/x-raw,format=RGB" if kind == "video" else "audio/x-raw,format=S16LE,channels=1,rate=48000"
        convert = "videoconvert" if kind == "video" else "audioconvert ! audioresample"
        rest = Gst.parse_bin_from_description(
            f"queue ! {convert} ! {wanted} ! appsink name=sink emit-signals=true sync=false max-buffers=4 drop=true", True
        )
        self._pipeline.add(rest)
        entry = self.seen[name] = {"kind": kind, "frames": 0, "changes": 0, "energy": 0.0, "colour": None, "width": 0}
        state = {"last": None}
        look = self._picture if kind == "video" else self._sound
        rest.get_by_name("sink").connect("new-sample", lambda sink: look(sink, entry, state))
        rest.sync_state_with_parent()
        pad.link(rest.get_static_pad("sink"))

    def _picture(self, sink, entry, state):
        sample = sink.emit("pull-sample")
        data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
        entry["frames"] += 1
        entry["width"] = sample.get_caps().get_structure(0).get_value("width")
        entry["colour"] = [int(numpy.frombuffer(data, numpy.uint8)[c::3].mean()) for c in range(3)]
        entry["changes"] += state["last"] is not None and state["last"] != data
        state["last"] = data
        return Gst.FlowReturn.OK

    def _sound(self, sink, entry, _state):
        buffer = sink.emit("pull-sample").get_buffer()
        wave = numpy.frombuffer(buffer.extract_dup(0, buffer.get_size()), numpy.int16).astype(numpy.float64) / 32768
        entry["frames"] += 1
        entry["energy"] += float((wave**2).sum()) / 48_000
        return Gst.FlowReturn.OK


class Peer:
    """webrtcbin's promises as awaitables."""

    def __init__(self, name, element):
        self.element = element
        self._loop = asyncio.get_running_loop()
        element.connect(
            "notify::connection-state",
            lambda *_: tell("state", peer=name, state=element.get_property("connection-state").value_nick),
        )
        self._gathered = asyncio.Event()
        element.connect("notify::ice-gathering-state", self._gathering)

    def _gathering(self, *_):
        if self.element.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            self._loop.call_soon_threadsafe(self._gathered.set)

    async def _promise(self, start):
        done = self._loop.create_future()

        def settle(promise):
            reply = promise.get_reply()
            self._loop.call_soon_threadsafe(done.set_result, reply)

        start(Gst.Promise.new_with_change_func(settle))
        return await done

    async def create(self, kind):
        reply = await self._promise(lambda promise: self.element.emit(f"create-{kind}", None, promise))
        description = reply.get_value(kind)
        await self._promise(lambda promise: self.element.emit("set-local-description", description, promise))
        await asyncio.wait_for(self._gathered.wait(), 10)
        return self.element.get_property("local-description").sdp.as_text()

    async def set_remote(self, kind, text):
        _, sdp = GstSdp.SDPMessage.new_from_text(text)
        kind = GstWebRTC.WebRTCSDPType.OFFER if kind == "offer" else GstWebRTC.WebRTCSDPType.ANSWER
        description = GstWebRTC.WebRTCSessionDescription.new(kind, sdp)
        await self._promise(lambda promise: self.element.emit("set-remote-description", description, promise))


def mids(sdp):
    """Each media section's kind and mid."""
    kind = None
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind = line[2:].split(" ")[0]
        elif line.startswith("a=mid:"):
            yield kind, line[6:]


def watch_bus(name, pipeline):
    def message(_bus, message):
        if message.type == Gst.MessageType.ERROR:
            tell("error", what=f"{name}: {message.parse_error()}")

    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", message)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="gstreamer")
    parser.add_argument("--codec", default="VP8")
    parser.add_argument("--tone", type=float, default=440)
    parser.add_argument("--topologies", default="sfu", help="what the peer says that it can take part in")
    arguments = parser.parse_args()
    Gst.init(None)
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()

    sending = publish_pipeline(arguments.codec, arguments.tone)
    receiving = Gst.Pipeline.new("receiving")
    element = Gst.ElementFactory.make("webrtcbin", "peer")
    element.set_property("bundle-policy", GstWebRTC.WebRTCBundlePolicy.MAX_BUNDLE)
    receiving.add(element)
    watch_bus("publish", sending)
    watch_bus("subscribe", receiving)
    publish, subscribe = Peer("publish", sending.get_by_name("peer")), Peer("subscribe", element)
    watcher = Watcher(receiving)
    element.connect("pad-added", watcher.pad_added)
    receiving.set_state(Gst.State.PLAYING)

    async def answer(offer):
        await subscribe.set_remote("offer", offer["sdp"])
        return await subscribe.create("answer")

    async with Signaling(arguments.url, answer) as signaling:
        joined = await signaling.request(
            "join", room=arguments.room, name=arguments.name, topologies=arguments.topologies.split(",")
        )
        tell("joined", id=joined["participantId"])
        for index in range(2):
            transceiver = publish.element.emit("get-transceiver", index)
            transceiver.set_property("direction", GstWebRTC.WebRTCRTPTransceiverDirection.SENDONLY)
            transceiver.set_property("do-nack", True)
        sending.set_state(Gst.State.PLAYING)
        offer = await publish.create("offer")
        sources = {"audio": "microphone", "video": "camera"}
        tracks = [{"mid": mid, "source": sources[kind]} for kind, mid in mids(offer)]
        answered = await signaling.request("publish", sdp=offer, tracks=tracks)
        await publish.set_remote("answer", answered["sdp"])
        tell("published", tracks=answered["tracks"])
        while True:
            await asyncio.sleep(0.5)
            tell("stats", remote=watcher.seen)


asyncio.run(main())
