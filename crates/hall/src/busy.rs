//! A busy room that is forwarded: packets say when they were written to the sender's socket, viewers note when they read them
//! from theirs.
//!
//! Three threads, none of which gives way: one writes, one reads all viewers' sockets and does nothing else, and one gives str0m
//! what was read.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use motet_codec::video::Yuv;
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Event, Rtc};

use crate::connection::{Connection, DATAGRAM_MAX};
use crate::guest::{Publishing, Sending, Wish, payload_type};
use crate::room::{Hall, Room};
use crate::sight::film;

/// Publishers write in turns of so long, each in its own.
const TURN: Duration = Duration::from_millis(5);
/// Turns between two packets of sound, and between two frames of a picture.
const TURNS_OF_SOUND: u32 = 4;
const TURNS_OF_PICTURE: u32 = 8;
/// Bytes of a packet of sound: 40 kb/s.
const SOUND_BYTES: usize = 100;
/// Bytes of a frame that one packet takes.
const PIECE_MAX: usize = 1_000;
/// Nanoseconds since the room was opened, behind each payload.
const STAMP_BYTES: usize = 8;

/// See the module.
pub struct Busy {
    times: Arc<Mutex<Vec<Duration>>>,
    is_over: Arc<AtomicBool>,
    writer: JoinHandle<()>,
    reader: JoinHandle<()>,
    follower: JoinHandle<()>,
    /// Dropped for the reader to end.
    reads: tokio::sync::oneshot::Sender<()>,
}

impl Busy {
    /// Publishers of sound and pictures (VP8, 640x360, 25 frames a second, 500 kb/s), each of whom each viewer takes whole.
    pub fn open(hall: &mut Hall, room: Room, publishers: usize, viewers: usize) -> Self {
        let epoch = Instant::now();
        let wish = Wish::of(500.0, Yuv { y: 80, u: 128, v: 128 });
        let (mut writers, mut tracks) = (Vec::new(), Vec::new());
        for _ in 0..publishers {
            let (publishing, published) = hall.publish(room, wish, Rtc::builder().set_rtp_mode(true));
            writers.push(publishing);
            tracks.extend(published);
        }
        let followed: Vec<Connection> = (0..viewers)
            .map(|_| {
                let mut subscribing = hall.subscribe(room, Rtc::builder().set_rtp_mode(true));
                hall.add_tracks(&mut subscribing, &tracks);
                subscribing.connection
            })
            .collect();
        let sockets = followed.iter().map(Connection::socket).collect();
        let (times, is_over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (reads, end) = tokio::sync::oneshot::channel();
        let (sender, datagrams) = channel();
        let (written_until, noted) = (Arc::clone(&is_over), Arc::clone(&times));
        Self {
            times,
            is_over,
            writer: spawn(move || write_all(writers, epoch, &written_until)),
            reader: spawn(move || read_all(sockets, &sender, end)),
            follower: spawn(move || follow(followed, &datagrams, epoch, &noted)),
            reads,
        }
    }

    /// How long each packet took that was read since the last time.
    pub fn take(&self) -> Vec<Duration> {
        std::mem::take(&mut self.times.lock().expect("nobody panics while noting"))
    }

    /// Ends the room's threads.
    pub fn stop(self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(self.reads);
        for thread in [self.writer, self.reader, self.follower] {
            let _ = thread.join();
        }
    }
}

/// A track that is written packet by packet.
struct Stream {
    sending: Sending,
    seq: u64,
    rtp_time: u32,
}

impl Stream {
    fn new(sending: Sending) -> Self {
        Self { sending, seq: 0, rtp_time: 0 }
    }

    fn write(&mut self, connection: &mut Connection, payload: &[u8], marker: bool, epoch: Instant) {
        let Some(payload_type) = payload_type(&connection.rtc, self.sending.mid, self.sending.codec) else {
            return;
        };
        let mut direct = connection.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(self.sending.mid, None) else { return };
        self.seq += 1;
        let now = Instant::now();
        let stamp = now.duration_since(epoch).as_nanos() as u64;
        let payload = [payload, &stamp.to_be_bytes()].concat();
        let packet = RtpWrite::new(payload_type, SeqNo::from(self.seq), self.rtp_time, now, payload);
        stream.write_rtp(packet.marker(marker).nackable(true));
        // Sealed and sent before the next is stamped.
        connection.step(now, |_, _| {});
    }
}

struct Publisher {
    connection: Connection,
    sound: Option<Stream>,
    picture: Option<Stream>,
}

fn write_all(publishing: Vec<Publishing>, epoch: Instant, is_over: &AtomicBool) {
    let frames = film();
    let mut publishers: Vec<Publisher> = publishing
        .into_iter()
        .map(|Publishing { connection, audio, video, .. }| Publisher {
            connection,
            sound: audio.map(Stream::new),
            picture: video.map(Stream::new),
        })
        .collect();
    let began = Instant::now();
    for turn in 0u32.. {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        for (publisher, shift) in publishers.iter_mut().zip(0..) {
            publisher.connection.step(Instant::now(), |_, _| {});
            if publisher.connection.rtc.is_connected() {
                publisher.write(turn + shift, &frames, epoch);
            }
        }
        sleep((began + TURN * (turn + 1)).saturating_duration_since(Instant::now()));
    }
}

impl Publisher {
    fn write(&mut self, turn: u32, frames: &[Vec<u8>], epoch: Instant) {
        if let Some(sound) = self.sound.as_mut().filter(|_| turn.is_multiple_of(TURNS_OF_SOUND)) {
            sound.rtp_time = sound.rtp_time.wrapping_add(960);
            sound.write(&mut self.connection, &[0; SOUND_BYTES], false, epoch);
        }
        if let Some(picture) = self.picture.as_mut().filter(|_| turn.is_multiple_of(TURNS_OF_PICTURE)) {
            picture.rtp_time = picture.rtp_time.wrapping_add(3_600);
            let pieces = frames[(turn / TURNS_OF_PICTURE) as usize % frames.len()].chunks(PIECE_MAX);
            let last = pieces.len().saturating_sub(1);
            for (index, piece) in pieces.enumerate() {
                // VP8's payload descriptor: whether a partition begins here.
                let payload = [&[if index == 0 { 0x10 } else { 0x00 }], piece].concat();
                picture.write(&mut self.connection, &payload, index == last, epoch);
            }
        }
    }
}

/// A datagram as a viewer read it.
struct Datagram {
    viewer: usize,
    at: Instant,
    source: SocketAddr,
    bytes: Vec<u8>,
}

fn read_all(sockets: Vec<UdpSocket>, datagrams: &Sender<Datagram>, end: tokio::sync::oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a runtime starts");
    for (viewer, socket) in sockets.into_iter().enumerate() {
        let datagrams = datagrams.clone();
        runtime.spawn(async move {
            let socket = tokio::net::UdpSocket::from_std(socket).expect("the socket does not block");
            let mut buffer = [0; DATAGRAM_MAX];
            while let Ok((len, source)) = socket.recv_from(&mut buffer).await {
                let read = Datagram { viewer, at: Instant::now(), source, bytes: buffer[..len].to_vec() };
                if datagrams.send(read).is_err() {
                    return;
                }
            }
        });
    }
    // Told by being dropped.
    let _ = runtime.block_on(end);
}

fn follow(
    mut viewers: Vec<Connection>,
    datagrams: &Receiver<Datagram>,
    epoch: Instant,
    times: &Mutex<Vec<Duration>>,
) {
    let mut tick_at = Instant::now();
    loop {
        let now = Instant::now();
        if tick_at <= now {
            viewers.iter_mut().for_each(|viewer| viewer.tick(now, |_, _| {}));
            tick_at = now + TURN;
        }
        match datagrams.recv_timeout(tick_at.saturating_duration_since(now)) {
            Ok(Datagram { viewer, at, source, bytes }) => {
                viewers[viewer].take(Instant::now(), source, &bytes, |_, event| {
                    let Event::RtpPacket(packet) = event else { return };
                    if let Some(took) = took(&packet.payload, at, epoch) {
                        times.lock().expect("nobody panics while noting").push(took);
                    }
                });
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// How long a packet took that was read at `at`.
fn took(payload: &[u8], at: Instant, epoch: Instant) -> Option<Duration> {
    let stamp = payload.last_chunk::<STAMP_BYTES>()?;
    at.checked_duration_since(epoch + Duration::from_nanos(u64::from_be_bytes(*stamp)))
}
