//! A busy room that is forwarded: packets say when they were written to the sender's socket, and the kernel notes when they came
//! to the viewer's.
//!
//! Three threads: one writes, one reads all viewers' sockets and does nothing else, and one gives str0m what was read. They stand for
//! other machines, so what they wait for a core is no part of the figure, and they take none from the worker that has it: the writer
//! gets a core when it wants one where the system allows it (`SCHED_FIFO`, for root or `CAP_SYS_NICE`), readers wait until there is one
//! (`SCHED_BATCH`, sched(7)), and it is the kernel's time that counts for them (`SO_TIMESTAMPNS`, socket(7)).

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use motet_codec::video::Yuv;
use nix::sys::socket::sockopt::ReceiveTimestampns;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, setsockopt};
use nix::sys::time::TimeSpec;
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Event, Rtc};
use thread_priority::{
    NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::io::Interest;

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
/// Nanoseconds of the system's clock, behind each payload.
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
            writer: spawn(move || write_all(writers, &written_until)),
            reader: spawn(move || read_all(sockets, &sender, end)),
            follower: spawn(move || follow(followed, &datagrams, &noted)),
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

    fn write(&mut self, connection: &mut Connection, payload: &[u8], marker: bool) {
        let Some(payload_type) = payload_type(&connection.rtc, self.sending.mid, self.sending.codec) else {
            return;
        };
        let mut direct = connection.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(self.sending.mid, None) else { return };
        self.seq += 1;
        let now = Instant::now();
        let payload = [payload, &clock().to_be_bytes()].concat();
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

fn write_all(publishing: Vec<Publishing>, is_over: &AtomicBool) {
    precede_others();
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
                publisher.write(turn + shift, &frames);
            }
        }
        sleep((began + TURN * (turn + 1)).saturating_duration_since(Instant::now()));
    }
}

impl Publisher {
    fn write(&mut self, turn: u32, frames: &[Vec<u8>]) {
        if let Some(sound) = self.sound.as_mut().filter(|_| turn.is_multiple_of(TURNS_OF_SOUND)) {
            sound.rtp_time = sound.rtp_time.wrapping_add(960);
            sound.write(&mut self.connection, &[0; SOUND_BYTES], false);
        }
        if let Some(picture) = self.picture.as_mut().filter(|_| turn.is_multiple_of(TURNS_OF_PICTURE)) {
            picture.rtp_time = picture.rtp_time.wrapping_add(3_600);
            let pieces = frames[(turn / TURNS_OF_PICTURE) as usize % frames.len()].chunks(PIECE_MAX);
            let last = pieces.len().saturating_sub(1);
            for (index, piece) in pieces.enumerate() {
                // VP8's payload descriptor: whether a partition begins here.
                let payload = [&[if index == 0 { 0x10 } else { 0x00 }], piece].concat();
                picture.write(&mut self.connection, &payload, index == last);
            }
        }
    }
}

/// The system's clock in nanoseconds since 1970, which is the one that the kernel stamps datagrams with.
fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

/// Has the calling thread get a core as soon as it wants one, where the system allows that.
#[expect(clippy::print_stdout, reason = "whoever reads the figures is to know")]
fn precede_others() {
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    let least = ThreadPriority::Crossplatform(1u8.try_into().expect("1 is a priority"));
    if set_thread_priority_and_policy(thread_native_id(), least, policy).is_err() {
        println!("the writer may not precede others: what it waits for a core is in the figures");
    }
}

/// Has the calling thread take no core from another.
fn follow_others() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Batch);
    // 48 of 0 to 99 is nice 0: its share of the cores stays as it is.
    let same = ThreadPriority::Crossplatform(48u8.try_into().expect("48 is a priority"));
    let set = set_thread_priority_and_policy(thread_native_id(), same, policy);
    set.expect("any thread may leave others their cores");
}

/// A datagram as a viewer read it.
struct Datagram {
    viewer: usize,
    /// When it came to the socket, by [`clock`].
    at: u64,
    source: SocketAddr,
    bytes: Vec<u8>,
}

fn read_all(sockets: Vec<UdpSocket>, datagrams: &Sender<Datagram>, end: tokio::sync::oneshot::Receiver<()>) {
    follow_others();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.expect("a runtime starts");
    for (viewer, socket) in sockets.into_iter().enumerate() {
        let datagrams = datagrams.clone();
        setsockopt(&socket, ReceiveTimestampns, &true).expect("the kernel tells when datagrams come");
        runtime.spawn(async move {
            let socket = tokio::net::UdpSocket::from_std(socket).expect("the socket does not block");
            while let Ok((at, source, bytes)) =
                socket.async_io(Interest::READABLE, || receive(socket.as_raw_fd())).await
            {
                if datagrams.send(Datagram { viewer, at, source, bytes }).is_err() {
                    return;
                }
            }
        });
    }
    // Told by being dropped.
    let _ = runtime.block_on(end);
}

/// A datagram with the time at which it came, by [`clock`].
fn receive(socket: RawFd) -> io::Result<(u64, SocketAddr, Vec<u8>)> {
    let mut bytes = vec![0; DATAGRAM_MAX];
    let mut control = nix::cmsg_space!(TimeSpec);
    let mut parts = [IoSliceMut::new(&mut bytes)];
    let message = recvmsg::<SockaddrIn>(socket, &mut parts, Some(&mut control), MsgFlags::empty())?;
    let time = message.cmsgs()?.find_map(|part| match part {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time).as_nanos() as u64),
        _ => None,
    });
    let (source, len) = (message.address.map(SocketAddrV4::from), message.bytes);
    let (Some(time), Some(source)) = (time, source) else {
        return Err(io::Error::other("the kernel told no time or no source"));
    };
    bytes.truncate(len);
    Ok((time, source.into(), bytes))
}

fn follow(mut viewers: Vec<Connection>, datagrams: &Receiver<Datagram>, times: &Mutex<Vec<Duration>>) {
    follow_others();
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
                    if let Some(took) = took(&packet.payload, at) {
                        times.lock().expect("nobody panics while noting").push(took);
                    }
                });
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// How long a packet took that came at `at`.
fn took(payload: &[u8], at: u64) -> Option<Duration> {
    let stamp = payload.last_chunk::<STAMP_BYTES>()?;
    at.checked_sub(u64::from_be_bytes(*stamp)).map(Duration::from_nanos)
}
