//! The two servers, set up alike as far as they can be, each on a free port of loopback.

use std::fs::File;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use motet_relay::protocol::{AllowedPeer, Network, RelayIp, Secret, Settings, StaticUser};
use motet_relay::{TurnServer, TurnSettings};

use crate::wire::{Writer, method};

pub(crate) const REALM: &str = "oracle";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) user: &'static str,
    pub(crate) password: &'static str,
}

pub(crate) const ANNA: Account = Account { user: "anna", password: "correct-horse" };
pub(crate) const BERT: Account = Account { user: "bert", password: "battery-staple" };

/// Somebody with credentials until 2036, signed with [`SECRET`].
pub(crate) const PARTICIPANT: Account =
    Account { user: "2100000000:p1", password: "2TqTzXIxOY6fpceb4HOGQL85ZJw=" };

/// Who has credentials.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Users {
    /// Anna and Bert, for good.
    Lasting,
    /// Whoever was given some for a time, signed with [`SECRET`].
    TimeLimited,
}

impl Users {
    /// One of them.
    pub(crate) fn somebody(self) -> Account {
        match self {
            Self::Lasting => ANNA,
            Self::TimeLimited => PARTICIPANT,
        }
    }
}

const SECRET: &str = "oracle-secret";

/// Relays are here, peers too.
pub(crate) const IPV4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
pub(crate) const IPV6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);
/// A peer that both are told to refuse.
pub(crate) const DENIED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 5));

/// How long a server may take to serve.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Motet's, on one thread, so that what comes from one client is done in the order in which it came.
pub(crate) fn motet(users: Users) -> TurnServer {
    let mut protocol = Settings::new(REALM);
    let user = |account: Account| StaticUser {
        name: account.user.to_owned(),
        password: account.password.to_owned().into(),
    };
    match users {
        Users::Lasting => protocol.users = vec![user(ANNA), user(BERT)],
        Users::TimeLimited => protocol.secrets = vec![Secret::new(SECRET)],
    }
    protocol.relays = [IPV4, IPV6].map(|bind| RelayIp { bind, announce: None }).to_vec();
    protocol.peers.allowed =
        [IPV4, IPV6].map(|ip| AllowedPeer { network: Network::single(ip), ports: None }).to_vec();
    protocol.peers.denied = vec![Network::single(DENIED)];
    // One address asks for everybody here.
    protocol.unauthenticated = None;
    let mut settings = TurnSettings::new(protocol, vec![SocketAddr::new(IPV4, 0)]);
    settings.pause = Duration::ZERO;
    TurnServer::start(settings).expect("Motet's server starts")
}

/// coturn as its package installs it, in a process that ends with this value. Nothing but what the scripts need is set.
pub(crate) struct Coturn {
    child: Child,
    pub(crate) addr: SocketAddr,
    log: PathBuf,
    database: PathBuf,
}

impl Coturn {
    pub(crate) fn start(users: Users) -> Self {
        let addr = free();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let log = folder.join(format!("coturn-{}.log", addr.port()));
        let database = log.with_extension("db");
        let output = File::create(&log).unwrap();
        let mut command = Command::new("turnserver");
        command
            // No configuration file, no database of this machine, one thread.
            .args(["-n", "--no-dynamic-ip-list", "--no-dynamic-realms", "--relay-threads", "0"])
            .arg(format!("--userdb={}", database.display()))
            .args(["--lt-cred-mech", "--realm", REALM])
            .args(match users {
                Users::Lasting => [ANNA, BERT].map(|one| format!("--user={}:{}", one.user, one.password)),
                Users::TimeLimited => {
                    ["--use-auth-secret".to_owned(), format!("--static-auth-secret={SECRET}")]
                }
            })
            .args(["--listening-ip", "127.0.0.1", "--listening-port", &addr.port().to_string()])
            .args(["--relay-ip", "127.0.0.1", "--relay-ip", "::1", "--allow-loopback-peers"])
            .arg(format!("--denied-peer-ip={DENIED}"))
            .args(["--no-tls", "--no-dtls", "--no-cli", "--pidfile", "/dev/null", "--log-file", "stdout"])
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output);
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "coturn is not installed, and these tests compare with it: run `cargo xtask test`, which installs it, or \
                 `apt-get install coturn`"
            ),
            Err(error) => panic!("turnserver, from the package coturn, does not start: {error}"),
        };
        let mut started = Self { child, addr, log, database };
        started.wait();
        started
    }

    /// Asks it until it answers.
    fn wait(&mut self) {
        let socket = UdpSocket::bind(SocketAddr::new(IPV4, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Ok(Some(status)) = self.child.try_wait() {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                panic!("turnserver ended with {status}:\n{said}");
            }
            // Until it listens, the port is refused.
            let _ = socket.send_to(&Writer::new(method::BINDING, [7; 12]).0, self.addr);
            if socket.recv(&mut [0; 1500]).is_ok() {
                return;
            }
        }
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        panic!("turnserver does not answer at {} within {PATIENCE:?}:\n{said}", self.addr);
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        for file in [&self.log, &self.database] {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// A port that is free for UDP and TCP.
fn free() -> SocketAddr {
    loop {
        let addr = UdpSocket::bind(SocketAddr::new(IPV4, 0)).unwrap().local_addr().unwrap();
        if TcpListener::bind(addr).is_ok() {
            return addr;
        }
    }
}
