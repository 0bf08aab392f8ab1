//! A running server, from start to stop.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use motet::Worker;
use motet::turn::protocol::Secret;
use motet_room::Command;
use tokio::task::JoinHandle;

use crate::config::{Config, Tls};
use crate::connections::Door;
use crate::http::{self, App};
use crate::media::{self, MediaError};
use crate::opening::Impatient;
use crate::rooms_task::{FAREWELL, RoomsHandle};
use crate::tls::{self, TlsError};
use crate::turn::{Turn, TurnDoor, TurnError};

/// How long a client may take over the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests that are under way may take to end when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a server did not start. Nothing is left running then.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address for HTTP is taken, or not this machine's.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// Why not.
        error: io::Error,
    },
    /// HTTP cannot be secured.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Media cannot be moved.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// TURN cannot be served.
    #[error(transparent)]
    Turn(#[from] TurnError),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// A running server. Dropping it leaves it running until the runtime ends; [`Self::stop`] ends it well.
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    handle: Handle<SocketAddr>,
    /// What HTTP shows; shared with its connections.
    tls: Option<RustlsConfig>,
    http: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Opens every port and serves.
    ///
    /// # Errors
    /// When anything that was asked for cannot be had.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        let tls = tls::load(&config).await?;
        let (listener, address) = listen(config.listen)?;
        let workers = media::start_workers(&config)?;
        let rooms = match RoomsHandle::start(&config, &workers) {
            Ok(rooms) => rooms,
            Err(_) => {
                media::stop_workers(&workers).await;
                return Err(StartError::NoRandomness);
            }
        };
        let turn = match start_turn(&config, &workers, address) {
            Ok(turn) => turn,
            Err(error) => {
                media::stop_workers(&workers).await;
                return Err(error);
            }
        };
        let app = Arc::new(App::new(config, rooms, workers, turn.clone()));
        let routes = http::router(&app);
        let handle = Handle::new();
        let http = tokio::spawn(serve(listener, tls.clone(), routes, handle.clone(), turn));
        Ok(Self { address, app, handle, tls, http })
    }

    /// Where HTTP is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where media is received: the first port, and how many from there on when they were configured.
    pub fn media_ports(&self) -> Vec<u16> {
        self.app.workers.iter().map(|worker| worker.facts().port).collect()
    }

    /// Where TURN clients come; none where it is off.
    pub fn turn_addresses(&self) -> Vec<SocketAddr> {
        self.app.turn.as_ref().map(|turn| turn.listen_addrs().to_vec()).unwrap_or_default()
    }

    /// Exchanges the secrets that TURN credentials are signed with, while calls go on; none leaves them.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn set_turn_secrets(&self, secrets: Vec<Secret>) -> Result<(), String> {
        self.app.turn.as_ref().map_or(Ok(()), |turn| turn.set_secrets(secrets))
    }

    /// Reads the files of the certificate again, for HTTP and TURN, while connections and calls go on. A certificate that was made at start
    /// stays.
    ///
    /// # Errors
    /// What is wrong with them; the former certificate is shown on then.
    pub async fn reload_certificate(&self, config: &Config) -> Result<(), String> {
        let (Some(tls), Tls::Files { .. }, Tls::Files { .. }) =
            (&self.tls, &self.app.config.tls, &config.tls)
        else {
            return Ok(());
        };
        let fresh = tls::load(config).await.map_err(|error| error.to_string())?;
        if let Some(turn) = &self.app.turn {
            turn.set_certificate(config)?;
        }
        if let Some(fresh) = fresh {
            tls.reload_from_config(fresh.get_inner());
        }
        Ok(())
    }

    /// Where the web app is found: here, and from the local network where it is served there too.
    pub fn urls(&self) -> Vec<String> {
        let scheme = if self.app.config.tls == Tls::Off { "http" } else { "https" };
        let url = |ip: IpAddr| format!("{scheme}://{}/", SocketAddr::new(ip, self.address.port()));
        match self.address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => everywhere(true).map(url).collect(),
            IpAddr::V6(ip) if ip.is_unspecified() => everywhere(false).map(url).collect(),
            ip => vec![url(ip)],
        }
    }

    /// Whether other machines can load the app, but their browsers will not give it camera and microphone.
    pub fn is_plain_beyond_loopback(&self) -> bool {
        self.app.config.tls == Tls::Off && !self.address.ip().is_loopback()
    }

    /// Ends when HTTP is served no more or the rooms are gone, which only [`Self::stop`], a broken listener or a fault in
    /// this program bring about.
    pub async fn ended(&mut self) {
        tokio::select! {
            _ = &mut self.http => {}
            () = self.app.rooms.ended() => {}
        }
    }

    /// Tells people, ends media, frees every port. Takes a few seconds at most.
    pub async fn stop(self) {
        self.app.stopping.store(true, Ordering::Relaxed);
        let _ = self.app.rooms.command(Command::AnnounceStop).await;
        tokio::time::sleep(FAREWELL).await;
        let _ = self.app.rooms.command(Command::CloseAll).await;
        // The last events have to reach the sockets before those are closed.
        tokio::time::sleep(FAREWELL).await;
        self.handle.graceful_shutdown(Some(DRAIN_TIMEOUT));
        if let Some(turn) = &self.app.turn {
            turn.stop();
        }
        media::stop_workers(&self.app.workers).await;
        let _ = tokio::time::timeout(DRAIN_TIMEOUT * 2, self.http).await;
    }

    /// The workers, for tests that end one.
    #[doc(hidden)]
    pub fn workers(&self) -> &[Worker] {
        &self.app.workers
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let open = || {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    };
    open().map_err(|error| StartError::Listen { address, error })
}

fn start_turn(config: &Config, workers: &[Worker], web: SocketAddr) -> Result<Option<Arc<Turn>>, StartError> {
    let Some(turn) = &config.turn else { return Ok(None) };
    Ok(Some(Arc::new(Turn::start(config, turn, workers, web)?)))
}

async fn serve(
    listener: TcpListener,
    tls: Option<RustlsConfig>,
    routes: Router,
    handle: Handle<SocketAddr>,
    turn: Option<Arc<Turn>>,
) -> io::Result<()> {
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let door = Door::open();
    let patience = HEADER_TIMEOUT;
    match tls {
        None => {
            let server = axum_server::from_tcp(listener)?.handle(handle);
            let inner = TurnDoor { inner: door, turn, patience };
            let mut server = server.acceptor(Impatient { inner, patience });
            server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
            server.serve(service).await
        }
        Some(tls) => {
            let server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle);
            let mut server = server.map(|acceptor| {
                let inner = TurnDoor { inner: acceptor.acceptor(door), turn, patience };
                Impatient { inner, patience }
            });
            server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT);
            server.serve(service).await
        }
    }
}

/// Loopback first: that is where it is tried out.
fn everywhere(v4_only: bool) -> impl Iterator<Item = IpAddr> {
    let loopback: IpAddr = if v4_only { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
    let others = if_addrs::get_if_addrs().unwrap_or_default();
    let others = others.into_iter().map(|interface| interface.ip());
    let is_reachable = move |ip: &IpAddr| match ip {
        IpAddr::V4(ip) => !ip.is_loopback() && !ip.is_link_local(),
        IpAddr::V6(ip) => !v4_only && !ip.is_loopback() && !ip.is_unicast_link_local(),
    };
    std::iter::once(loopback).chain(others.filter(is_reachable))
}
