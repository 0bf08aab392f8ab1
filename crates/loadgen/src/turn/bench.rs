//! Motet's TURN server beside coturn, one after the other under the same load: CPU time of the server's process.

use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;

use super::client::{Account, Client};
use super::process::Process;
use super::{load, serve};
use crate::told::Failure;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    #[arg(long, default_value_t = 100)]
    allocations: usize,
    /// coturn, from the package of that name.
    #[arg(long, default_value = "turnserver")]
    coturn: String,
}

const USER: &str = "bench";
const PASSWORD: &str = "bench-password";
const SIZES: [usize; 2] = [120, 1100];
/// Packets a second, both ways together; 0: as many as it takes.
const RATES: [u32; 4] = [5_000, 25_000, 60_000, 0];
const MEMORY_ALLOCATIONS: usize = 1_000;

pub(crate) fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let account = Account { user: USER.to_owned(), password: PASSWORD.to_owned() };
    say(&format!(
        "{:>5} {:>9}  {:>16} {:>16} {:>6}  round trip p50/p99 in us: coturn, motet (lost %)",
        "bytes", "asked/s", "coturn /CPU-s", "motet /CPU-s", "ratio"
    ));
    for size in SIZES {
        for rate in RATES {
            let plan = load::Plan { size, rate, duration: Duration::from_secs_f64(arguments.seconds) };
            let mut both = Vec::new();
            for server in [Rival::coturn(arguments)?, Rival::motet()?] {
                both.push(load::run(server.addr, &account, arguments.allocations, plan, server.process())?);
            }
            let [coturn, motet] = &both[..] else { continue };
            say(&format!(
                "{size:>5} {:>9}  {:>16.0} {:>16.0} {:>5.2}x  {}/{} ({}), {}/{} ({}); at {:.0} and {:.0} a second",
                if rate == 0 { "saturated".to_owned() } else { rate.to_string() },
                coturn.per_cpu_second,
                motet.per_cpu_second,
                motet.per_cpu_second / coturn.per_cpu_second,
                coturn.p50.as_micros(),
                coturn.p99.as_micros(),
                coturn.lost_percent,
                motet.p50.as_micros(),
                motet.p99.as_micros(),
                motet.lost_percent,
                coturn.per_second,
                motet.per_second,
            ));
        }
    }
    for server in [Rival::coturn(arguments)?, Rival::motet()?] {
        let (cycles, per_cpu_second) =
            super::cycles(server.addr, &account, server.process(), arguments.seconds)?;
        say(&format!(
            "{:>7}: {per_cpu_second:.0} allocations made and deleted by a CPU-second ({cycles} of them)",
            server.name
        ));
    }
    for server in [Rival::coturn(arguments)?, Rival::motet()?] {
        let memory = super::memory(server.addr, &account, server.process(), MEMORY_ALLOCATIONS)?;
        say(&format!(
            "{:>7}: {} bytes an allocation, {} % given back after deletes",
            server.name, memory.bytes_per_allocation, memory.given_back_percent
        ));
    }
    Ok(())
}

/// A server in a process of its own; it ends with this value.
struct Rival {
    name: &'static str,
    child: Child,
    addr: SocketAddr,
}

impl Rival {
    fn coturn(arguments: &BenchArguments) -> Result<Self, Failure> {
        let addr = free()?;
        let port = addr.port().to_string();
        let user = format!("{USER}:{PASSWORD}");
        let mut command = Command::new(&arguments.coturn);
        command
            .args(["-n", "--lt-cred-mech", "--realm", "bench", "--user", &user, "--listening-port", &port])
            .args(["--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1", "--allow-loopback-peers"])
            .args([
                "--no-tls",
                "--no-dtls",
                "--no-cli",
                "--no-rfc5780",
                "--no-stdout-log",
                "--log-file",
                "/dev/null",
            ])
            .args(["--pidfile", "/dev/null"]);
        Self::start("coturn", command, addr)
    }

    fn motet() -> Result<Self, Failure> {
        let addr = free()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["turn-server", "--listen", &addr.to_string(), "--user", USER, "--password", PASSWORD]);
        Self::start("motet", command, addr)
    }

    fn start(name: &'static str, mut command: Command, addr: SocketAddr) -> Result<Self, Failure> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let started = Self { name, child, addr };
        let patience = Instant::now() + Duration::from_secs(10);
        let account = Account { user: USER.to_owned(), password: PASSWORD.to_owned() };
        while Instant::now() < patience {
            if let Ok(client) = Client::allocate(addr, &account) {
                client.delete()?;
                return Ok(started);
            }
        }
        Err(format!("{name} does not answer").into())
    }

    fn process(&self) -> Process {
        Process(self.child.id())
    }
}

impl Drop for Rival {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free() -> Result<SocketAddr, Failure> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?)
}

fn say(line: &str) {
    use std::io::Write as _;
    // Whoever has stopped reading has seen enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The engine of `motet turn` in a process of its own.
#[derive(Args)]
pub(crate) struct ServeArguments {
    #[arg(long)]
    pub(super) listen: SocketAddr,
    #[arg(long)]
    pub(super) user: String,
    #[arg(long)]
    pub(super) password: String,
    #[arg(long, default_value_t = 1)]
    pub(super) threads: usize,
    #[arg(long, default_value_t = 1000)]
    pub(super) pause_us: u64,
}

/// Serves until it is killed.
pub(crate) fn serve_alone(arguments: &ServeArguments) -> Result<(), Failure> {
    let _server = serve::start(arguments)?;
    loop {
        std::thread::park();
    }
}
