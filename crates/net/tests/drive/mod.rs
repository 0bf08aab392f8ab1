//! Drives an endpoint in a test as a worker would.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::IpAddr;
use std::time::{Duration, Instant};

use motet_ice::Tuple;
use motet_net::{Endpoint, EndpointSettings, Outbox};

/// Longer than any machine needs; a test that waits so long fails.
const PATIENCE: Duration = Duration::from_secs(10);

/// An endpoint on a free port of these addresses.
pub(crate) fn endpoint(ips: &[&str]) -> Endpoint {
    let ips = ips.iter().map(|ip| ip.parse::<IpAddr>().unwrap()).collect();
    Endpoint::bind(&EndpointSettings { ips, ..EndpointSettings::default() }).unwrap()
}

/// Receives until `is_enough` of what came, answering with `answer`.
pub(crate) fn receive_until(
    endpoint: &mut Endpoint,
    mut answer: impl FnMut(Tuple, &mut [u8], &mut Outbox),
    is_enough: impl Fn(&[(Tuple, Vec<u8>)], &Endpoint) -> bool,
) -> Vec<(Tuple, Vec<u8>)> {
    let mut came = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while !is_enough(&came, endpoint) {
        assert!(Instant::now() < deadline, "only {} came", came.len());
        endpoint.wait(Some(Duration::from_millis(100))).unwrap();
        endpoint.receive(Instant::now(), 1000, |tuple, bytes, outbox| {
            came.push((tuple, bytes.to_vec()));
            answer(tuple, bytes, outbox);
        });
        endpoint.flush();
    }
    came
}

/// Receives `count` datagrams or frames.
pub(crate) fn receive(endpoint: &mut Endpoint, count: usize) -> Vec<(Tuple, Vec<u8>)> {
    receive_until(endpoint, |_, _, _| {}, |came, _| came.len() >= count)
}

/// Writes back what came.
pub(crate) fn echo(tuple: Tuple, bytes: &mut [u8], outbox: &mut Outbox) {
    send(outbox, tuple, bytes);
}

/// Sends a copy of `bytes`.
pub(crate) fn send(outbox: &mut Outbox, to: Tuple, bytes: &[u8]) {
    outbox.send(to, bytes.len(), |out| {
        out.copy_from_slice(bytes);
        bytes.len()
    });
}
