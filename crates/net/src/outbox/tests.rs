use std::net::SocketAddr;

use motet_control::CandidateProtocol;

use super::*;

fn udp() -> (UdpOut, std::net::UdpSocket, SocketAddr) {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let peer = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let addr = peer.local_addr().unwrap();
    (UdpOut { socket: UdpSocket::from_std(socket), has_gso: true, gso_refusals: 0 }, peer, addr)
}

fn batch(remote: SocketAddr, count: u8, len: usize) -> SendBatch {
    let to = Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote };
    let mut batch = SendBatch::new();
    for index in 0..count {
        batch.push(to, len, SEGMENTS_MAX, |out| {
            out.fill(index);
            len
        });
    }
    batch
}

#[test]
fn this_system_knows_gso() {
    let (udp, ..) = udp();
    assert!(sys::has_gso(udp.socket.as_fd()));
}

#[test]
fn a_message_that_cannot_go_joined_goes_apart() {
    let (udp, peer, addr) = udp();
    let batch = batch(addr, 5, 100);
    let mut counters = Counters::default();
    udp.send_apart(&batch, batch.messages_of(SocketId(0)).next().unwrap(), &mut counters);
    for index in 0..5 {
        let mut bytes = [9; 200];
        assert_eq!(peer.recv(&mut bytes).unwrap(), 100);
        assert_eq!(bytes[..100], [index; 100]);
    }
    assert_eq!((counters.sent_packets, counters.sent_bytes), (5, 500));
}

/// Loopback carries 65,536 bytes at once: a segment above that is refused joined, as one above a narrow path's MTU is.
#[test]
fn a_receiver_whose_path_is_too_narrow_does_not_end_gso_for_the_others() {
    let (mut udp, peer, addr) = udp();
    let narrow = batch(([127, 0, 0, 1], 0).into(), 2, 100);
    let mut counters = Counters::default();
    udp.flush(&narrow, SocketId(0), &mut counters);
    assert_eq!(counters.dropped(DropReason::UdpSendRefused), 2);
    assert!(udp.has_gso);
    udp.flush(&batch(addr, 3, 100), SocketId(0), &mut counters);
    assert_eq!(counters.sent_packets, 3);
    assert_eq!(udp.gso_refusals, 0);
    drop(peer);
}

#[test]
fn an_interface_without_checksum_offload_ends_gso_at_once_and_narrow_paths_only_in_a_row() {
    let (mut udp, ..) = udp();
    udp.note_gso_refused(&io::Error::from_raw_os_error(libc::EIO));
    assert!(!udp.has_gso);
    udp.has_gso = true;
    udp.gso_refusals = 0;
    for _ in 1..GSO_REFUSALS_MAX {
        udp.note_gso_refused(&io::Error::from_raw_os_error(libc::EINVAL));
        assert!(udp.has_gso);
    }
    udp.note_gso_refused(&io::Error::from_raw_os_error(libc::EINVAL));
    assert!(!udp.has_gso);
}

#[test]
fn many_messages_of_many_pieces_need_several_system_calls_and_all_leave() {
    let (mut udp, ..) = udp();
    let receivers: Vec<_> = (0..6).map(|_| std::net::UdpSocket::bind("127.0.0.1:0").unwrap()).collect();
    let mut batch = SendBatch::new();
    for index in 0..100u32 {
        for receiver in &receivers {
            let remote = receiver.local_addr().unwrap();
            let to = Tuple { socket: SocketId(0), protocol: CandidateProtocol::Udp, remote };
            batch.push(to, 4, SEGMENTS_MAX, |out| {
                out.copy_from_slice(&index.to_be_bytes());
                4
            });
        }
    }
    let mut counters = Counters::default();
    udp.flush(&batch, SocketId(0), &mut counters);
    assert_eq!(counters.sent_packets, 600);
    for receiver in receivers {
        receiver.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        for index in 0..100u32 {
            let mut bytes = [0; 4];
            receiver.recv(&mut bytes).unwrap();
            assert_eq!(u32::from_be_bytes(bytes), index);
        }
    }
}
