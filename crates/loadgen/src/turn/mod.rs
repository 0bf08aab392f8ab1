//! A TURN server's load: allocations whose peer sends back what it gets, at a steady rate or as fast as it goes, and the CPU
//! time that the server's process took for it.

mod bench;
mod client;
mod load;
mod peer;
mod process;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub(crate) use bench::{BenchArguments, run as bench};

use crate::told::Failure;
use client::{Account, Client};
use process::Process;

/// How many allocations were made and deleted in so many seconds, and how many by a CPU-second.
fn cycles(
    server: SocketAddr,
    account: &Account,
    process: Process,
    seconds: f64,
) -> Result<(u32, f64), Failure> {
    let (begun, cpu) = (Instant::now(), process.cpu()?);
    let mut count = 0;
    while begun.elapsed().as_secs_f64() < seconds {
        Client::allocate(server, account)?.delete()?;
        count += 1;
    }
    let cpu = (process.cpu()? - cpu).as_secs_f64();
    Ok((count, f64::from(count) / cpu.max(1e-3)))
}

/// What an allocation with a channel takes.
struct Memory {
    bytes_per_allocation: i64,
    given_back_percent: i64,
}

fn memory(server: SocketAddr, account: &Account, process: Process, count: usize) -> Result<Memory, Failure> {
    // What the first allocations cost is not theirs alone.
    for _ in 0..50 {
        Client::allocate(server, account)?.delete()?;
    }
    let before = process.resident_bytes()?;
    let mut clients = Vec::new();
    for _ in 0..count {
        let mut client = Client::allocate(server, account)?;
        client.bind_channel(load::CHANNEL, "127.0.0.1:9".parse()?)?;
        clients.push(client);
    }
    let during = process.resident_bytes()?;
    for client in clients {
        client.delete()?;
    }
    std::thread::sleep(Duration::from_secs(2));
    let after = process.resident_bytes()?;
    let taken = during - before;
    Ok(Memory {
        bytes_per_allocation: taken / count as i64,
        given_back_percent: 100 * (during - after) / taken.max(1),
    })
}
