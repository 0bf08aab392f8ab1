//! What the network says about datagrams that were sent: the socket's queue of errors (IP_RECVERR, ip(7)).

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{EMPTY_HEADER, NAME_BYTES, Name, set_option};

/// One error of a socket's queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct QueuedError {
    /// Whom the datagram was for. The port is 0 where this machine itself refused an IPv4 datagram.
    pub(crate) to: SocketAddr,
    pub(crate) cause: Cause,
}

/// Who refused a datagram, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cause {
    /// Somebody on the way, by ICMP or ICMPv6.
    Icmp { kind: u8, code: u8, info: u32 },
    /// This machine: it is longer than the path takes, which is so many bytes.
    TooLong { mtu: u32 },
}

/// Room for the control messages of one error: the error, and the address of who found it.
#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

const CONTROL_BYTES: usize = 128;
const ERROR_BYTES: usize = mem::size_of::<libc::sock_extended_err>() + mem::size_of::<libc::sockaddr_in6>();

// SAFETY: CMSG_SPACE is arithmetic on its argument.
const _: () = assert!(unsafe { libc::CMSG_SPACE(ERROR_BYTES as u32) } as usize <= CONTROL_BYTES);
const _: () = assert!(mem::align_of::<libc::cmsghdr>() <= mem::align_of::<Control>());

/// Has the kernel queue what it hears about datagrams sent from here. Whatever the socket is asked next then fails once for each.
/// False where it does not.
pub(crate) fn hear_errors(socket: BorrowedFd<'_>, is_v6: bool) -> bool {
    match is_v6 {
        true => set_option(socket, libc::SOL_IPV6, libc::IPV6_RECVERR, 1),
        false => set_option(socket, libc::SOL_IP, libc::IP_RECVERR, 1),
    }
}

/// Whether datagrams are refused that are longer than the path takes, or cut in fragments.
pub(crate) fn keep_whole(socket: BorrowedFd<'_>, is_v6: bool, is_whole: bool) -> bool {
    match (is_v6, is_whole) {
        (true, true) => set_option(socket, libc::SOL_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_DO),
        (true, false) => {
            set_option(socket, libc::SOL_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_WANT)
        }
        (false, true) => set_option(socket, libc::SOL_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DO),
        (false, false) => set_option(socket, libc::SOL_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_WANT),
    }
}

/// Takes the next error from the queue; `Ok(None)` is one that is about no datagram of use.
///
/// # Errors
/// `WouldBlock` where the queue is empty; else as recvmsg(2).
pub(crate) fn next_error(socket: BorrowedFd<'_>) -> io::Result<Option<QueuedError>> {
    let mut name = Name::EMPTY;
    let mut control = Control([0; CONTROL_BYTES]);
    let mut header = EMPTY_HEADER.msg_hdr;
    header.msg_name = (&raw mut name).cast();
    header.msg_namelen = NAME_BYTES;
    header.msg_control = (&raw mut control).cast();
    header.msg_controllen = CONTROL_BYTES as _;
    // SAFETY: the header points at a name and a control buffer with their true lengths, both of which outlive the call; there is
    // no room for bytes, of which the kernel then writes none.
    let received = unsafe {
        libc::recvmsg(socket.as_raw_fd(), &raw mut header, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT)
    };
    if received < 0 {
        return Err(io::Error::last_os_error());
    }
    let to = name.read(header.msg_namelen);
    Ok(to.zip(control.cause(&header)).map(|(to, cause)| QueuedError { to, cause }))
}

impl Control {
    /// `header` is of the call that filled this.
    fn cause(&self, header: &libc::msghdr) -> Option<Cause> {
        debug_assert!(std::ptr::eq(header.msg_control.cast(), self));
        // SAFETY: msg_control is this aligned buffer and the kernel set msg_controllen to what it wrote, so the macros walk
        // whole control messages inside it; one of RECVERR carries a sock_extended_err, which is integers only (ip(7)).
        unsafe {
            let mut message = libc::CMSG_FIRSTHDR(header);
            while let Some(found) = message.as_ref() {
                let kind = (found.cmsg_level, found.cmsg_type);
                if kind == (libc::SOL_IP, libc::IP_RECVERR) || kind == (libc::SOL_IPV6, libc::IPV6_RECVERR) {
                    let error = libc::CMSG_DATA(message).cast::<libc::sock_extended_err>().read_unaligned();
                    return cause(&error);
                }
                message = libc::CMSG_NXTHDR(header, message);
            }
        }
        None
    }
}

fn cause(error: &libc::sock_extended_err) -> Option<Cause> {
    match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6 => {
            Some(Cause::Icmp { kind: error.ee_type, code: error.ee_code, info: error.ee_info })
        }
        libc::SO_EE_ORIGIN_LOCAL if error.ee_errno == libc::EMSGSIZE as u32 => {
            Some(Cause::TooLong { mtu: error.ee_info })
        }
        _ => None,
    }
}
