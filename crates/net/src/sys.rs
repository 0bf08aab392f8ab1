//! The system calls that no safe library offers: batches of messages, each with its own GSO segment size.
#![expect(unsafe_code, reason = "recvmmsg, sendmmsg and their control messages exist only as C")]

mod errors;

use std::io::{self, IoSlice};
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

pub(crate) use errors::{Cause, QueuedError, hear_errors, keep_whole, next_error};

#[cfg(not(target_os = "linux"))]
compile_error!("motet-net needs Linux: recvmmsg, sendmmsg, UDP_SEGMENT and UDP_GRO");

/// Messages of one `sendmmsg` at most.
pub(crate) const SEND_MESSAGES_MAX: usize = 32;
/// Messages of one `recvmmsg` at most.
pub(crate) const RECEIVE_MESSAGES_MAX: usize = 32;
/// Room for one received message: GRO joins datagrams up to the length of an IP packet.
pub(crate) const RECEIVE_BYTES: usize = 1 << 16;
/// What lies between the ends of stretches of the same power of two and the next: an odd number of cache lines. Without it
/// all their beginnings would fall on the same few sets of the cache and push each other out.
pub(crate) const APART_BYTES: usize = 17 * 64;

/// One message to send.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) to: SocketAddr,
    /// Its bytes: these of the slices that go along.
    pub(crate) slices: Range<usize>,
    /// Cut into datagrams of this length, the last one may be shorter (UDP_SEGMENT); one datagram where `None`.
    pub(crate) segment_len: Option<u16>,
}

impl Outgoing {
    pub(crate) const NOWHERE: Self = Self {
        to: SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0)),
        slices: 0..0,
        segment_len: None,
    };
}

/// What a call of [`ReceiveBatch::receive`] found in one buffer.
#[derive(Clone, Copy)]
pub(crate) struct Received {
    /// Where in [`ReceiveBatch::bytes`] it begins.
    pub(crate) start: usize,
    /// `None` where the sender's address is neither IPv4 nor IPv6.
    pub(crate) from: Option<SocketAddr>,
    pub(crate) len: usize,
    /// Length of every datagram in it but the last, which may be shorter; 0 in an empty datagram.
    pub(crate) segment_len: usize,
    pub(crate) is_truncated: bool,
}

/// A socket address as the kernel lays it out. All its fields are integers, so any bytes are a valid value.
#[derive(Clone, Copy)]
#[repr(C)]
union Name {
    v4: libc::sockaddr_in,
    v6: libc::sockaddr_in6,
}

/// Room for one control message with an integer, aligned as `cmsghdr` has to be.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

const CONTROL_BYTES: usize = 32;
const NAME_BYTES: libc::socklen_t = mem::size_of::<Name>() as libc::socklen_t;

// SAFETY: CMSG_SPACE is arithmetic on its argument.
const _: () =
    assert!(unsafe { libc::CMSG_SPACE(mem::size_of::<libc::c_int>() as u32) } as usize <= CONTROL_BYTES);
const _: () = assert!(mem::align_of::<libc::cmsghdr>() <= mem::align_of::<Control>());

/// Sends messages, at most [`SEND_MESSAGES_MAX`] of them, and returns how many the kernel took.
///
/// # Errors
/// As sendmmsg(2), where not even the first message could be sent.
pub(crate) fn send_messages(
    socket: BorrowedFd<'_>,
    slices: &[IoSlice<'_>],
    messages: &[Outgoing],
) -> io::Result<usize> {
    let mut names = [Name::EMPTY; SEND_MESSAGES_MAX];
    let mut controls = [Control::EMPTY; SEND_MESSAGES_MAX];
    let mut headers = [EMPTY_HEADER; SEND_MESSAGES_MAX];
    let count = messages.len().min(SEND_MESSAGES_MAX);
    for (index, message) in messages[..count].iter().enumerate() {
        let header = &mut headers[index].msg_hdr;
        let slices = &slices[message.slices.clone()];
        header.msg_namelen = names[index].write(message.to);
        header.msg_name = (&raw mut names[index]).cast();
        // The kernel only reads through msg_iov here; IoSlice promises iovec's layout.
        header.msg_iov = slices.as_ptr().cast_mut().cast();
        header.msg_iovlen = slices.len() as _;
        if let Some(segment_len) = message.segment_len {
            controls[index].write_segment_len(header, segment_len);
        }
    }
    // SAFETY: the first `count` headers point at names, controls and slices that outlive the call, with their true
    // lengths; the kernel writes to nothing but the headers' msg_len.
    let sent = unsafe {
        libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr(), count as libc::c_uint, libc::MSG_DONTWAIT)
    };
    usize::try_from(sent).map_err(|_| io::Error::last_os_error())
}

/// Memory that messages are received into again and again.
pub(crate) struct ReceiveBatch {
    bytes: Box<[u8]>,
    names: [Name; RECEIVE_MESSAGES_MAX],
    controls: [Control; RECEIVE_MESSAGES_MAX],
    received: [Received; RECEIVE_MESSAGES_MAX],
}

/// From the beginning of one message to that of the next in [`ReceiveBatch::receive`].
const STRIDE_BYTES: usize = RECEIVE_BYTES + APART_BYTES;

impl ReceiveBatch {
    pub(crate) fn new() -> Self {
        Self::with_bytes(RECEIVE_MESSAGES_MAX * STRIDE_BYTES)
    }

    pub(crate) fn with_bytes(count: usize) -> Self {
        let nothing = Received { start: 0, from: None, len: 0, segment_len: 0, is_truncated: false };
        Self {
            bytes: vec![0; count].into_boxed_slice(),
            names: [Name::EMPTY; RECEIVE_MESSAGES_MAX],
            controls: [Control::EMPTY; RECEIVE_MESSAGES_MAX],
            received: [nothing; RECEIVE_MESSAGES_MAX],
        }
    }

    /// Receives messages and returns how many. Fewer than [`RECEIVE_MESSAGES_MAX`] means that the socket is empty.
    ///
    /// # Errors
    /// As recvmmsg(2), where not even one was received.
    pub(crate) fn receive(&mut self, socket: BorrowedFd<'_>) -> io::Result<usize> {
        self.receive_at(socket, std::array::from_fn::<_, RECEIVE_MESSAGES_MAX, _>(|at| at * STRIDE_BYTES))
    }

    /// Receives at most `N` messages, each to where `starts` says, and returns how many. The starts lie at least
    /// [`RECEIVE_BYTES`] from each other and from the end.
    ///
    /// # Errors
    /// As recvmmsg(2), where not even one was received.
    pub(crate) fn receive_at<const N: usize>(
        &mut self,
        socket: BorrowedFd<'_>,
        starts: [usize; N],
    ) -> io::Result<usize> {
        const { assert!(N <= RECEIVE_MESSAGES_MAX, "a name and a control for each") };
        let mut iovecs = [EMPTY_IOVEC; N];
        let mut headers = [EMPTY_HEADER; N];
        for (at, start) in starts.into_iter().enumerate() {
            let room = &mut self.bytes[start..start + RECEIVE_BYTES];
            iovecs[at] = libc::iovec { iov_base: room.as_mut_ptr().cast(), iov_len: room.len() };
            let header = &mut headers[at].msg_hdr;
            header.msg_name = (&raw mut self.names[at]).cast();
            header.msg_namelen = NAME_BYTES;
            header.msg_iov = &raw mut iovecs[at];
            header.msg_iovlen = 1;
            header.msg_control = (&raw mut self.controls[at]).cast();
            header.msg_controllen = CONTROL_BYTES as _;
        }
        // SAFETY: the headers point each at its own name, iovec, control and a stretch of `bytes`, with their true lengths,
        // and all of them outlive the call. No timeout is given.
        let count = unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                N as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        let count = usize::try_from(count).map_err(|_| io::Error::last_os_error())?;
        for (at, header) in headers[..count].iter().enumerate() {
            let len = (header.msg_len as usize).min(RECEIVE_BYTES);
            let joined = self.controls[at].read_segment_len(&header.msg_hdr);
            self.received[at] = Received {
                start: starts[at],
                from: self.names[at].read(header.msg_hdr.msg_namelen),
                len,
                segment_len: joined.filter(|segment| *segment > 0).unwrap_or(len).min(len),
                is_truncated: header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0,
            };
        }
        Ok(count)
    }

    /// The message of this number of the last call, and its bytes.
    pub(crate) fn message(&mut self, index: usize) -> (Received, &mut [u8]) {
        let received = self.received[index];
        (received, &mut self.bytes[received.start..received.start + received.len])
    }

    /// The message of this number of the last call.
    pub(crate) fn received(&self, index: usize) -> Received {
        self.received[index]
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

const EMPTY_IOVEC: libc::iovec = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
// SAFETY: a header is integers and pointers; zeros mean "nothing there" for each.
const EMPTY_HEADER: libc::mmsghdr = unsafe { mem::zeroed() };

impl Name {
    // SAFETY: an address is integers only.
    const EMPTY: Self = unsafe { mem::zeroed() };

    /// Returns the length of what was written.
    fn write(&mut self, addr: SocketAddr) -> libc::socklen_t {
        match addr {
            SocketAddr::V4(addr) => {
                // SAFETY: an address is integers only.
                let mut name: libc::sockaddr_in = unsafe { mem::zeroed() };
                name.sin_family = libc::AF_INET as libc::sa_family_t;
                name.sin_port = addr.port().to_be();
                name.sin_addr.s_addr = u32::from_ne_bytes(addr.ip().octets());
                self.v4 = name;
                mem::size_of::<libc::sockaddr_in>() as libc::socklen_t
            }
            SocketAddr::V6(addr) => {
                // SAFETY: an address is integers only.
                let mut name: libc::sockaddr_in6 = unsafe { mem::zeroed() };
                name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
                name.sin6_port = addr.port().to_be();
                name.sin6_addr.s6_addr = addr.ip().octets();
                name.sin6_flowinfo = addr.flowinfo();
                name.sin6_scope_id = addr.scope_id();
                self.v6 = name;
                mem::size_of::<libc::sockaddr_in6>() as libc::socklen_t
            }
        }
    }

    /// The address that the kernel wrote in `len` bytes.
    fn read(&self, len: libc::socklen_t) -> Option<SocketAddr> {
        // SAFETY: any bytes are valid in either field, and both begin with the family.
        let (v4, v6) = unsafe { (self.v4, self.v6) };
        let len = len as usize;
        match libc::c_int::from(v4.sin_family) {
            libc::AF_INET if len >= mem::size_of::<libc::sockaddr_in>() => {
                let ip = Ipv4Addr::from(v4.sin_addr.s_addr.to_ne_bytes());
                Some(SocketAddrV4::new(ip, u16::from_be(v4.sin_port)).into())
            }
            libc::AF_INET6 if len >= mem::size_of::<libc::sockaddr_in6>() => {
                let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
                // The flow label is the sender's per packet and no part of who it is.
                Some(SocketAddrV6::new(ip, u16::from_be(v6.sin6_port), 0, v6.sin6_scope_id).into())
            }
            _ => None,
        }
    }
}

impl Control {
    const EMPTY: Self = Self([0; CONTROL_BYTES]);

    fn write_segment_len(&mut self, header: &mut libc::msghdr, segment_len: u16) {
        let payload = mem::size_of::<u16>() as u32;
        header.msg_control = self.0.as_mut_ptr().cast();
        // SAFETY: CMSG_SPACE and CMSG_LEN are arithmetic. The buffer is aligned for a cmsghdr and larger than
        // CMSG_SPACE of two bytes, so CMSG_FIRSTHDR points into it and the header and its payload fit.
        unsafe {
            header.msg_controllen = libc::CMSG_SPACE(payload) as _;
            let message = libc::CMSG_FIRSTHDR(header);
            (*message).cmsg_level = libc::SOL_UDP;
            (*message).cmsg_type = libc::UDP_SEGMENT;
            (*message).cmsg_len = libc::CMSG_LEN(payload) as _;
            libc::CMSG_DATA(message).cast::<u16>().write_unaligned(segment_len);
        }
    }

    /// The length of the datagrams that GRO joined, if it joined any. `header` is of the call that filled this.
    fn read_segment_len(&self, header: &libc::msghdr) -> Option<usize> {
        debug_assert!(std::ptr::eq(header.msg_control.cast(), self));
        // SAFETY: msg_control is this aligned buffer and the kernel set msg_controllen to what it wrote, so the macros
        // walk whole control messages inside it; one of UDP_GRO carries an int (udp(7)).
        unsafe {
            let mut message = libc::CMSG_FIRSTHDR(header);
            while let Some(found) = message.as_ref() {
                if found.cmsg_level == libc::SOL_UDP && found.cmsg_type == libc::UDP_GRO {
                    let len = libc::CMSG_DATA(message).cast::<libc::c_int>().read_unaligned();
                    return usize::try_from(len).ok();
                }
                message = libc::CMSG_NXTHDR(header, message);
            }
        }
        None
    }
}

/// Has the kernel join datagrams of one sender on receipt. False where it cannot.
pub(crate) fn enable_gro(socket: BorrowedFd<'_>) -> bool {
    set_option(socket, libc::SOL_UDP, libc::UDP_GRO, 1)
}

/// Whether the kernel knows UDP_SEGMENT.
pub(crate) fn has_gso(socket: BorrowedFd<'_>) -> bool {
    // 0 is the default: only messages that say otherwise are cut.
    set_option(socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0)
}

fn set_option(socket: BorrowedFd<'_>, level: libc::c_int, option: libc::c_int, value: libc::c_int) -> bool {
    // SAFETY: the option's value is one int that outlives the call.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            (&raw const value).cast(),
            mem::size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
    result == 0
}

/// How many datagrams the kernel has dropped at the socket instead of queueing them: its receive buffer was full, or, rarely,
/// a checksum was wrong. `None` where the kernel does not tell.
pub(crate) fn receive_drops(socket: BorrowedFd<'_>) -> Option<u32> {
    // SK_MEMINFO_DROPS and SK_MEMINFO_VARS of linux/sock_diag.h.
    const DROPS: usize = 8;
    let mut values = [0u32; DROPS + 1];
    let mut len = mem::size_of_val(&values) as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `values`, and how many into `len`; both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_MEMINFO,
            values.as_mut_ptr().cast(),
            &raw mut len,
        )
    };
    (result == 0 && len as usize >= mem::size_of_val(&values)).then_some(values[DROPS])
}

/// Sleeps until the socket takes more to send, or `patience` is over.
pub(crate) fn wait_writable(socket: BorrowedFd<'_>, patience: Duration) {
    let mut entry = libc::pollfd { fd: socket.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    let millis = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: one entry, and it outlives the call. Whatever the outcome, the next send tells what is true.
    let _ = unsafe { libc::poll(&raw mut entry, 1, millis) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_kernels_layout() {
        for text in ["127.0.0.1:9", "255.1.2.3:65535", "[::1]:5", "[fe80::1%7]:80"] {
            let addr: SocketAddr = text.parse().unwrap();
            let mut name = Name::EMPTY;
            let len = name.write(addr);
            assert_eq!(name.read(len), Some(addr));
            assert_eq!(name.read(2), None, "cut short");
        }
        assert_eq!(Name::EMPTY.read(NAME_BYTES), None);
    }

    #[test]
    fn a_segment_length_is_written_as_the_kernel_wants_it() {
        let mut control = Control::EMPTY;
        let mut header = EMPTY_HEADER.msg_hdr;
        control.write_segment_len(&mut header, 1200);
        assert_eq!(header.msg_control.cast(), &raw mut control);
        assert_eq!(control.0[16..18], 1200u16.to_ne_bytes());
        assert_eq!(control.read_segment_len(&header), None, "UDP_SEGMENT is not UDP_GRO");
    }
}
