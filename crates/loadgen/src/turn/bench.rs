//! Motet's TURN server beside coturn, one after the other under the same load: CPU time of the server's process.

use std::net::{SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;

use super::client::{Account, Client};
use super::load;
use super::peer::Awaiting;
use super::process::Process;
use crate::told::Failure;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often each is repeated, one server after the other; the one in the middle counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    #[arg(long, default_value_t = 100)]
    allocations: usize,
    /// Only this many packets a second, both ways together; 0: as many as the server takes. All of them where none is given.
    #[arg(long)]
    rate: Vec<u32>,
    /// Only payloads of this many bytes.
    #[arg(long)]
    size: Vec<usize>,
    /// Leave out allocations: neither their rate nor their memory is measured.
    #[arg(long)]
    packets_only: bool,
    /// Have clients and peer woken by what is sent to them at steady rates too, at the server's expense.
    #[arg(long)]
    woken: bool,
    /// coturn, from the package of that name.
    #[arg(long, default_value = "turnserver")]
    coturn: String,
    /// Motet [default: the one beside this program].
    #[arg(long)]
    motet: Option<PathBuf>,
    /// One more argument for `motet turn`; repeatable.
    #[arg(long, allow_hyphen_values = true)]
    with: Vec<String>,
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
        "{:>5} {:>9}  {:>13} {:>13} {:>6} {:>13}  round trip p50/p99 in us, loss: coturn, motet",
        "bytes", "asked/s", "coturn /CPU-s", "motet /CPU-s", "ratio", "(of rounds)"
    ));
    for size in chosen(&arguments.size, &SIZES) {
        for rate in chosen(&arguments.rate, &RATES) {
            // Who is sent as much as can be never sleeps.
            let awaiting = if arguments.woken || rate == 0 { Awaiting::Woken } else { Awaiting::Looking };
            let duration = Duration::from_secs_f64(arguments.seconds);
            let plan = load::Plan { size, rate, duration, awaiting };
            let motet = beside_each_other(arguments, &account, plan)?;
            if rate == 0 {
                at_half_load(arguments, &account, plan, motet.per_second)?;
            }
        }
    }
    if arguments.packets_only {
        return Ok(());
    }
    for server in [Rival::coturn(arguments)?, Rival::motet(arguments)?] {
        let (cycles, per_cpu_second) =
            super::cycles(server.addr, &account, server.process(), arguments.seconds)?;
        say(&format!(
            "{:>7}: {per_cpu_second:.0} allocations made and deleted by a CPU-second ({cycles} of them)",
            server.name
        ));
    }
    for server in [Rival::coturn(arguments)?, Rival::motet(arguments)?] {
        let memory = super::memory(server.addr, &account, server.process(), MEMORY_ALLOCATIONS)?;
        say(&format!(
            "{:>7}: {} bytes an allocation, {} % given back after deletes",
            server.name, memory.bytes_per_allocation, memory.given_back_percent
        ));
    }
    Ok(())
}

/// Both servers under one load, in turns; Motet's middle round.
fn beside_each_other(
    arguments: &BenchArguments,
    account: &Account,
    plan: load::Plan,
) -> Result<load::Measured, Failure> {
    let (mut coturns, mut motets, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        let measure =
            |server: Rival| load::run(server.addr, account, arguments.allocations, plan, server.process());
        let (coturn, motet) = (measure(Rival::coturn(arguments)?)?, measure(Rival::motet(arguments)?)?);
        ratios.push(motet.per_cpu_second / coturn.per_cpu_second);
        coturns.push(coturn);
        motets.push(motet);
    }
    ratios.sort_by(f64::total_cmp);
    let (coturn, motet) = (middle(coturns)?, middle(motets)?);
    say(&format!(
        "{:>5} {:>9}  {:>13.0} {:>13.0} {:>5.2}x {:>13}  {}, {}",
        plan.size,
        if plan.rate == 0 { "saturated".to_owned() } else { plan.rate.to_string() },
        coturn.per_cpu_second,
        motet.per_cpu_second,
        ratios[ratios.len() / 2],
        format!("{:.2} to {:.2}", ratios[0], ratios[ratios.len() - 1]),
        told(&coturn, plan),
        told(&motet, plan),
    ));
    Ok(motet)
}

fn middle(mut rounds: Vec<load::Measured>) -> Result<load::Measured, Failure> {
    rounds.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    let at = rounds.len() / 2;
    rounds.into_iter().nth(at).ok_or_else(|| "no round was measured".into())
}

fn told(measured: &load::Measured, plan: load::Plan) -> String {
    let (p50, p99, lost) = (measured.p50.as_micros(), measured.p99.as_micros(), measured.lost_percent);
    let rate =
        if plan.rate == 0 { format!(" at {:.0} a second", measured.per_second) } else { String::new() };
    format!("{p50}/{p99} {lost} %{rate}")
}

/// What the relay adds to a round trip while it has half of what it can do to do. It is passed twice in each.
fn at_half_load(
    arguments: &BenchArguments,
    account: &Account,
    plan: load::Plan,
    saturated: f64,
) -> Result<(), Failure> {
    let plan = load::Plan { rate: (saturated / 2.0) as u32, ..plan };
    let (direct50, direct99) = load::run_directly(arguments.allocations, plan)?;
    let server = Rival::motet(arguments)?;
    let relayed = load::run(server.addr, account, arguments.allocations, plan, server.process())?;
    say(&format!(
        "      at half load ({} a second) a round trip takes {}/{} us through motet, {}/{} us without a relay: one way through \
         the relay adds {}/{} us",
        plan.rate,
        relayed.p50.as_micros(),
        relayed.p99.as_micros(),
        direct50.as_micros(),
        direct99.as_micros(),
        relayed.p50.saturating_sub(direct50).as_micros() / 2,
        relayed.p99.saturating_sub(direct99).as_micros() / 2,
    ));
    Ok(())
}

fn chosen<T: Copy>(asked: &[T], all: &[T]) -> Vec<T> {
    if asked.is_empty() { all.to_vec() } else { asked.to_vec() }
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

    fn motet(arguments: &BenchArguments) -> Result<Self, Failure> {
        let addr = free()?;
        let beside = std::env::current_exe()?.with_file_name("motet");
        let mut command = Command::new(arguments.motet.as_ref().unwrap_or(&beside));
        command
            .args(["turn", "--listen", &addr.to_string(), "--relay-ip", "127.0.0.1", "--realm", "bench"])
            .args(["--user", &format!("{USER}:{PASSWORD}"), "--allow-peer", "127.0.0.0/8"])
            .args(&arguments.with);
        Self::start("motet", command, addr)
    }

    fn start(name: &'static str, mut command: Command, addr: SocketAddr) -> Result<Self, Failure> {
        let program = command.get_program().to_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|error| format!("cannot start {}: {error}", program.display()))?;
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
