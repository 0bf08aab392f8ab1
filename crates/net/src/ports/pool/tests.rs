use std::net::UdpSocket;

use super::*;
use crate::ports::PortOptions;

/// Long, short and empty ones, in no order, each with bytes of its own.
fn datagram(number: usize) -> Vec<u8> {
    const LENGTHS: [usize; 7] = [0, 1, 63, 64, 1200, 9_000, 60_000];
    let seed = number.wrapping_mul(0x9e37_79b1);
    vec![seed as u8; LENGTHS[seed % LENGTHS.len()]]
}

#[test]
fn what_has_come_stays_as_it_is_until_all_is_forgotten() {
    let options = PortOptions { is_shared: false, buffer_bytes: Some(1 << 20) };
    let port = UdpPort::open("127.0.0.1:0".parse().unwrap(), options).unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let (mut pool, mut counters) = (Pool::new(), PortCounters::default());
    for turn in 0..3 {
        let mut came: Vec<Datagram> = Vec::new();
        while pool.has_room() {
            sender.send_to(&datagram(came.len()), port.local_addr()).unwrap();
            sender.send_to(&datagram(came.len() + 1), port.local_addr()).unwrap();
            let is_busy = came.len() % 4 == turn;
            pool.receive(&port, is_busy, &mut counters, |_, datagram| came.push(datagram)).unwrap();
        }
        assert!(came.len() > 2 * SHELVES, "{} fill it", came.len());
        for (number, Datagram { range, .. }) in came.iter().enumerate() {
            assert!(pool.bytes(range.clone()) == datagram(number), "datagram {number}");
        }
        pool.clear();
    }
    assert_eq!(counters.receive_refused, 0);
}
