//! What can go wrong: starting a worker, and asking one.

use std::io;
use std::net::IpAddr;

use motet_control::Refusal;
use motet_dtls::CertificateError;
use motet_net::BindError;

/// Why a worker did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its sockets could not be opened.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Peers cannot send to an unspecified address: name the interfaces, or say what to announce.
    #[error("{0} is every address and none: listen on the ones that peers can reach, or announce one")]
    NeedsAnnounced(IpAddr),
    /// No certificate was given and none could be made.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] CertificateError),
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    NoRandomness(io::Error),
    /// The system has no more threads.
    #[error("cannot start a thread: {0}")]
    NoThread(io::Error),
}

/// Why a request was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RequestError {
    /// The worker refused it; nothing was changed by it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Thousands of requests wait for the worker already; this one was not sent.
    #[error("the worker is overloaded with requests")]
    Overloaded,
    /// The worker has ended, before or while it carried the request out.
    #[error("the worker has ended")]
    Ended,
}
