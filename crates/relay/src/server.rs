//! A running TURN server.

use std::net::{SocketAddr, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use motet_dtls::TunnelServer;
use motet_net::ports::Poller;
use motet_turn::{
    ClientProtocol, ClientSocket, ListenerId, PeerPolicy, Secret, Server, SettingsError, Shared,
};
use rustls::{ServerConfig, ServerConnection};

use crate::counters::TurnCounters;
use crate::identity::Identity;
use crate::mailbox::{Letter, Post, mailbox};
use crate::relays::Shelf;
use crate::settings::{StartError, TurnSettings};
use crate::start;
use crate::stream::Handed;
use crate::turn::{Setup, Turn, time};

/// A TURN server with its threads. Dropping it ends them and frees every port.
pub struct TurnServer {
    shared: Arc<Shared>,
    posts: Vec<Post>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    listen: Vec<SocketAddr>,
    identity: Identity,
    /// Which thread gets the next connection that was begun elsewhere.
    adopted: AtomicUsize,
}

/// The listener of connections that were begun elsewhere; no own one has so large a number.
const ELSEWHERE: ListenerId = ListenerId(u32::MAX);

impl TurnServer {
    /// Opens every port and begins to serve.
    ///
    /// # Errors
    /// When anything that was asked for cannot be had; nothing is left running then.
    pub fn start(mut settings: TurnSettings) -> Result<Self, StartError> {
        let (listeners, listen) = start::open(&settings)?;
        start::check_relays(&settings)?;
        settings.server.peers.own.extend(&listen);
        let count = listeners.len();
        let shared = Shared::new(settings.server.clone(), seed()?, time())?;
        let shelf = Shelf::default();
        let identity = Identity::new(settings.tls.take(), settings.dtls.take());
        let mut setups = Vec::new();
        let mut posts = Vec::new();
        for (index, listeners) in listeners.into_iter().enumerate() {
            let number = u8::try_from(index).map_err(|_| StartError::TooManyThreads(count))?;
            let server = Server::new(Arc::clone(&shared), number, seed()?);
            let poller = Poller::new().map_err(|source| StartError::System { what: "poll", source })?;
            let (post, mailbox) = mailbox(poller.waker());
            posts.push(post);
            let (shelf, identity) = (shelf.clone(), identity.clone());
            setups.push(Setup { server, poller, listeners, mailbox, shelf, identity });
        }
        let (threads, adopted) = (Mutex::default(), AtomicUsize::new(0));
        let started = Self { shared, posts, threads, listen, identity, adopted };
        for (index, setup) in setups.into_iter().enumerate() {
            started.spawn(&settings, index, setup)?;
        }
        Ok(started)
    }

    /// Where it listens, in the order of the settings, with the ports that were chosen.
    pub fn listen_addrs(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// What happened on all threads, as told within the last moments.
    pub fn counters(&self) -> TurnCounters {
        let mut counters = TurnCounters::default();
        for report in self.posts.iter().filter_map(Post::report) {
            counters.threads_alive += 1;
            counters.add(&report);
        }
        counters
    }

    /// Exchanges the secrets of time-limited credentials: the first signs, each of them verifies. Calls go on.
    ///
    /// # Errors
    /// Where a secret is empty, or there are too many.
    pub fn set_secrets(&self, secrets: &[Secret]) -> Result<(), SettingsError> {
        self.shared.set_secrets(secrets)
    }

    /// Exchanges what is shown in TLS and DTLS to clients that come from here on; without it they are sent away. Connections that there
    /// are go on. A client that
    /// was asked for a cookie of the former DTLS server a moment ago has to begin anew.
    pub fn set_certificate(&self, tls: Option<Arc<ServerConfig>>, dtls: Option<TunnelServer>) {
        self.identity.set(tls, dtls);
    }

    /// Exchanges the peers that may be relayed to, for what clients ask from here on. The listening addresses stay refused.
    pub fn set_peers(&self, mut peers: PeerPolicy) {
        peers.own.extend(&self.listen);
        self.shared.set_peers(peers);
    }

    /// Takes over a client's connection that was begun elsewhere, with TLS if it is inside one, and with what was read of it
    /// already. One that no thread can take is closed.
    pub fn adopt(&self, socket: TcpStream, tls: Option<ServerConnection>, read: Vec<u8>) {
        let (Ok(local), Ok(remote), Ok(())) =
            (socket.local_addr(), socket.peer_addr(), socket.set_nonblocking(true))
        else {
            return;
        };
        let protocol = if tls.is_some() { ClientProtocol::Tls } else { ClientProtocol::Tcp };
        let client = ClientSocket { listener: ELSEWHERE, protocol, local, remote };
        let handed = Handed { socket, tls: tls.map(Box::new), unread: read, client };
        let next = self.adopted.fetch_add(1, Ordering::Relaxed);
        let mut letter = Letter::Adopt(Box::new(handed));
        for at in 0..self.posts.len() {
            match self.posts[(next + at) % self.posts.len()].send(letter) {
                Ok(()) => return,
                Err(back) => letter = back,
            }
        }
    }

    /// Ends every allocation of a user.
    pub fn end_user(&self, username: &str) {
        for post in &self.posts {
            // A thread that takes no letters has worse to worry about; the allocation ends by itself in minutes.
            let _ = post.send(Letter::EndUser(username.to_owned()));
        }
    }

    /// Ends all threads and frees every port.
    pub fn stop(&self) {
        self.end();
    }

    fn spawn(&self, settings: &TurnSettings, index: usize, setup: Setup) -> Result<(), StartError> {
        let name = format!("{}-{index}", settings.name);
        let settings = settings.clone();
        let posts = self.posts.clone();
        let (ready, is_ready) = sync_channel(1);
        let run = move || {
            // What a loop holds is made on its own thread.
            let turn = Turn::new(setup, &settings, posts);
            let outcome = turn.map(|turn| {
                let _ = ready.send(Ok(()));
                turn.run();
            });
            if let Err(source) = outcome {
                let _ = ready.send(Err(source));
            }
        };
        // A panic ends this thread only: the others go on, and the kernel gives new clients to them.
        let guarded = move || drop(catch_unwind(AssertUnwindSafe(run)));
        let system = |what| move |source| StartError::System { what, source };
        let thread = Builder::new().name(name);
        let thread = thread.spawn(guarded).map_err(system("thread"))?;
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        match is_ready.recv() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(source)) => Err(StartError::System { what: "poll", source }),
            Err(_) => {
                Err(StartError::System { what: "thread", source: std::io::Error::other("it panicked") })
            }
        }
    }

    fn end(&self) {
        for post in &self.posts {
            let mut letter = Letter::Stop;
            // A full mailbox is emptied within moments by a thread that lives; a dead one takes nothing.
            while let Err(back) = post.send(letter) {
                if post.report().is_none() {
                    break;
                }
                letter = back;
                std::thread::yield_now();
            }
        }
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for TurnServer {
    fn drop(&mut self) {
        self.end();
    }
}

fn seed() -> Result<[u8; 32], StartError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| StartError::System { what: "randomness", source: std::io::Error::other(error) })?;
    Ok(seed)
}
