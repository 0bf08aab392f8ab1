//! The four ways to a server, each carrying whole messages.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use motet_relay::protocol::stream::{Framed, next_message};
use openssl::ssl::{HandshakeError, Ssl, SslContextBuilder, SslMethod, SslOptions, SslStream, SslVerifyMode};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// No answer takes so long on this machine, however busy it is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A way to a server.
pub(crate) trait Pipe {
    fn send(&mut self, message: &[u8]);
    /// The next message; an error where the server has ended it, or says nothing for long.
    fn receive(&mut self) -> io::Result<Vec<u8>>;
}

pub(crate) struct Datagrams(pub(crate) UdpSocket);

impl Datagrams {
    pub(crate) fn to(server: SocketAddr) -> Self {
        Self(socket(server))
    }
}

/// A connected socket on loopback.
pub(crate) fn socket(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind(SocketAddr::new(server.ip(), 0)).unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

impl Pipe for Datagrams {
    fn send(&mut self, message: &[u8]) {
        self.0.send(message).unwrap();
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 1 << 16];
        let len = self.0.recv(&mut bytes)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}

/// Messages one behind the other.
pub(crate) struct Streamed<S> {
    pub(crate) stream: S,
    unread: Vec<u8>,
}

impl<S> Streamed<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, unread: Vec::new() }
    }
}

impl<S: Read + Write> Pipe for Streamed<S> {
    fn send(&mut self, message: &[u8]) {
        let padding = message.len().next_multiple_of(4) - message.len();
        self.stream.write_all(&[message, &[0; 3][..padding]].concat()).unwrap();
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match next_message(&self.unread) {
                Framed::Message { len, consumed } => {
                    let message = self.unread[..len].to_vec();
                    self.unread.drain(..consumed);
                    return Ok(message);
                }
                Framed::Malformed => return Err(ErrorKind::InvalidData.into()),
                Framed::Incomplete { .. } => {
                    let mut bytes = [0; 4096];
                    let len = self.stream.read(&mut bytes)?;
                    if len == 0 {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                    self.unread.extend_from_slice(&bytes[..len]);
                }
            }
        }
    }
}

pub(crate) fn tcp(server: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// TLS that trusts this certificate alone.
pub(crate) fn tls(server: SocketAddr, trusted: &CertificateDer<'static>) -> io::Result<TlsStream> {
    tls_for(server, trusted, &[])
}

/// The same, with application protocols named.
pub(crate) fn tls_for(
    server: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocols: &[&[u8]],
) -> io::Result<TlsStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let name = ServerName::from(server.ip());
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, tcp(server));
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

pub(crate) type TlsStream = StreamOwned<ClientConnection, TcpStream>;

/// A client's DTLS, by a library that the server's door is built on but set up by nobody of ours.
pub(crate) struct Sealed {
    stream: SslStream<Channel>,
}

struct Channel(UdpSocket);

impl Sealed {
    /// Handshakes from a socket that is connected to the server; the server's certificate in PEM is the only one trusted. `None` where it
    /// fails.
    pub(crate) fn handshake(socket: UdpSocket, trusted: &str) -> Option<Self> {
        let stream = dtls(trusted).connect(Channel(socket)).ok()?;
        Some(Self { stream })
    }
}

/// The hello that a client repeats once the server has sent it a cookie; no more of the handshake comes about.
pub(crate) fn hello_with_cookie(to_server: &UdpSocket, trusted: &str) -> Vec<u8> {
    let Err(HandshakeError::WouldBlock(mut client)) = dtls(trusted).connect(Memory::default()) else {
        panic!("nobody has answered yet")
    };
    let hello = client.get_mut().outbound.pop_front().expect("a hello");
    to_server.send(&hello).unwrap();
    let mut bytes = [0; 2_048];
    let len = to_server.recv(&mut bytes).expect("a cookie");
    client.get_mut().inbound.push_back(bytes[..len].to_vec());
    let Err(HandshakeError::WouldBlock(mut client)) = client.handshake() else {
        panic!("nobody has answered that yet")
    };
    client.get_mut().outbound.pop_front().expect("a hello with it")
}

fn dtls(trusted: &str) -> Ssl {
    let mut context = SslContextBuilder::new(SslMethod::dtls()).unwrap();
    context.set_verify(SslVerifyMode::PEER);
    let certificate = openssl::x509::X509::from_pem(trusted.as_bytes()).unwrap();
    context.cert_store_mut().add_cert(certificate).unwrap();
    context.set_options(SslOptions::NO_QUERY_MTU);
    let mut ssl = Ssl::new(&context.build()).unwrap();
    ssl.set_mtu(1200).unwrap();
    ssl
}

/// Datagrams that somebody else carries.
#[derive(Default)]
struct Memory {
    inbound: VecDeque<Vec<u8>>,
    outbound: VecDeque<Vec<u8>>,
}

impl Read for Memory {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let datagram = self.inbound.pop_front().ok_or(ErrorKind::WouldBlock)?;
        bytes[..datagram.len()].copy_from_slice(&datagram);
        Ok(datagram.len())
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outbound.push_back(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Sealed {
    /// Says goodbye, if anybody listens.
    fn drop(&mut self) {
        let _ = self.stream.shutdown();
    }
}

impl Pipe for Sealed {
    fn send(&mut self, message: &[u8]) {
        self.stream.ssl_write(message).unwrap();
    }

    fn receive(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; 1 << 14];
        let len = self.stream.ssl_read(&mut bytes).map_err(io::Error::other)?;
        bytes.truncate(len);
        Ok(bytes)
    }
}

impl Read for Channel {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.recv(bytes)
    }
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
