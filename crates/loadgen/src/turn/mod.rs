//! A TURN server's load: allocations whose peer sends back what it gets, at a steady rate or as fast as it goes, and the CPU
//! time that the server's process took for it.

mod client;
mod load;
mod process;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::told::{Failure, tell};
use client::{Account, Client};
use process::Process;

#[derive(Args)]
pub(crate) struct TurnArguments {
    /// What to measure.
    #[arg(long, default_value = "relay")]
    what: What,
    /// The server, over UDP.
    #[arg(long, default_value = "127.0.0.1:3478")]
    server: SocketAddr,
    #[arg(long)]
    user: String,
    #[arg(long)]
    password: String,
    /// The server's process, whose time and memory are read.
    #[arg(long)]
    pid: u32,
    #[arg(long, default_value_t = 100)]
    allocations: usize,
    /// Bytes of a payload.
    #[arg(long, default_value_t = 120)]
    size: usize,
    /// Packets a second that the server is to relay, both ways together; 0: as many as it takes.
    #[arg(long, default_value_t = 0)]
    rate: u32,
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Packets relayed by a CPU-second.
    Relay,
    /// Allocations made and deleted by a CPU-second.
    Cycles,
    /// Memory of an allocation, and what is given back.
    Memory,
}

pub(crate) fn run(arguments: &TurnArguments) -> Result<(), Failure> {
    let account = Account { user: arguments.user.clone(), password: arguments.password.clone() };
    let process = Process(arguments.pid);
    match arguments.what {
        What::Relay => relay(arguments, &account, process),
        What::Cycles => cycles(arguments, &account, process),
        What::Memory => memory(arguments, &account, process),
    }
}

fn relay(arguments: &TurnArguments, account: &Account, process: Process) -> Result<(), Failure> {
    let plan = load::Plan {
        size: arguments.size,
        rate: arguments.rate,
        duration: Duration::from_secs_f64(arguments.seconds),
    };
    let measured = load::run(arguments.server, account, arguments.allocations, plan, process)?;
    tell(
        "relay",
        &json!({
            "size": arguments.size, "asked": arguments.rate, "relayed_per_second": measured.per_second.round(),
            "relayed_per_cpu_second": measured.per_cpu_second.round(), "lost_percent": measured.lost_percent,
            "round_trip_us": { "p50": measured.p50.as_micros(), "p99": measured.p99.as_micros() },
            "system_percent": measured.system_percent.round(),
        }),
    );
    Ok(())
}

fn cycles(arguments: &TurnArguments, account: &Account, process: Process) -> Result<(), Failure> {
    let (begun, cpu) = (Instant::now(), process.cpu()?.total());
    let mut count = 0u32;
    while begun.elapsed().as_secs_f64() < arguments.seconds {
        Client::allocate(arguments.server, account)?.delete()?;
        count += 1;
    }
    let cpu = (process.cpu()?.total() - cpu).as_secs_f64();
    let per_cpu_second = f64::from(count) / cpu.max(1e-3);
    tell("cycles", &json!({ "cycles": count, "cycles_per_cpu_second": per_cpu_second.round() }));
    Ok(())
}

fn memory(arguments: &TurnArguments, account: &Account, process: Process) -> Result<(), Failure> {
    // What the first allocations cost is not theirs alone.
    for _ in 0..50 {
        Client::allocate(arguments.server, account)?.delete()?;
    }
    let before = process.resident_bytes()?;
    let mut clients = Vec::new();
    for _ in 0..arguments.allocations {
        let mut client = Client::allocate(arguments.server, account)?;
        client.bind_channel(load::CHANNEL, "127.0.0.1:9".parse()?)?;
        clients.push(client);
    }
    let during = process.resident_bytes()?;
    for client in clients {
        client.delete()?;
    }
    std::thread::sleep(Duration::from_secs(2));
    let after = process.resident_bytes()?;
    let count = arguments.allocations as i64;
    tell(
        "memory",
        &json!({ "allocations": count, "bytes_per_allocation": (during - before) / count,
            "given_back_percent": 100 * (during - after) / (during - before).max(1) }),
    );
    Ok(())
}
