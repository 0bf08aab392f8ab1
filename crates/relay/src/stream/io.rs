//! Reading and writing one connection, plain or inside TLS.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use motet_turn::ClientSocket;
use rustls::ServerConnection;

use super::Role;
use super::output::{Output, OutputFull};

/// TLS records made before they are written. Few, for what is sealed waits outside the output's limit.
const RECORDS_PER_WRITE: usize = 16;

/// One TCP connection.
pub(crate) struct Stream {
    pub(crate) socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    pub(crate) role: Role,
    /// Read and not yet taken: the beginning of a message, or what may not be passed on yet.
    pub(crate) unread: Vec<u8>,
    output: Output,
    /// The system may have more to read.
    pub(crate) is_readable: bool,
    /// Listed to be read.
    pub(crate) is_listed: bool,
    /// Listed to be written.
    pub(crate) is_dirty: bool,
    /// Since when something is awaited that must come soon: the rest of a message, the end of a connection's making, room
    /// to write the last bytes.
    pub(crate) awaits_since: Option<Instant>,
}

/// A client's connection on its way to another thread.
pub(crate) struct Handed {
    pub(crate) socket: TcpStream,
    pub(crate) tls: Option<Box<ServerConnection>>,
    pub(crate) unread: Vec<u8>,
    pub(crate) client: ClientSocket,
}

impl Stream {
    pub(crate) fn new(socket: TcpStream, role: Role) -> Self {
        Self {
            socket,
            tls: None,
            role,
            unread: Vec::new(),
            output: Output::default(),
            is_readable: true,
            is_listed: false,
            is_dirty: false,
            awaits_since: None,
        }
    }

    pub(crate) fn adopt(handed: Handed) -> Self {
        let Handed { socket, tls, unread, client } = handed;
        let mut stream = Self { tls, unread, ..Self::new(socket, Role::Client(client)) };
        if stream.tls.is_some() {
            stream.keep_messages_apart();
        }
        stream
    }

    pub(crate) fn hand_over(self, client: ClientSocket) -> Handed {
        Handed { socket: self.socket, tls: self.tls, unread: self.unread, client }
    }

    /// From here on it is inside TLS.
    pub(crate) fn secure(&mut self, tls: ServerConnection) {
        self.tls = Some(Box::new(tls));
        self.keep_messages_apart();
    }

    /// Each message gets a TLS record of its own: there are clients that take a record for a message.
    fn keep_messages_apart(&mut self) {
        self.output.keep_apart();
    }

    /// The first byte that came, which stays unread.
    ///
    /// # Errors
    /// As peeking says; `WouldBlock` until something comes.
    pub(crate) fn peek(&self) -> io::Result<Option<u8>> {
        let mut first = [0];
        let count = self.socket.peek(&mut first)?;
        Ok((count > 0).then_some(first[0]))
    }

    /// Reads what has come; 0 is the end.
    ///
    /// # Errors
    /// `WouldBlock` where nothing waits; whatever else ends the connection.
    pub(crate) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let outcome = match &mut self.tls {
            None => self.socket.read(bytes),
            Some(tls) => read_tls(tls, &mut self.socket, bytes),
        };
        if outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            self.is_readable = false;
        }
        outcome
    }

    /// Queues bytes, all or none.
    pub(crate) fn push(&mut self, parts: &[&[u8]]) -> Result<(), OutputFull> {
        self.output.push(parts)
    }

    /// Bytes that wait to be written.
    pub(crate) fn waiting(&self) -> usize {
        self.output.waiting()
    }

    /// Whether TLS has something of its own to say.
    pub(crate) fn wants_write(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Writes as much as the other side takes. True when nothing waits any more.
    ///
    /// # Errors
    /// Whatever ends the connection.
    pub(crate) fn write(&mut self) -> io::Result<bool> {
        loop {
            match self.write_once() {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    fn write_once(&mut self) -> io::Result<bool> {
        let Some(tls) = &mut self.tls else {
            if self.output.waiting() == 0 {
                return Ok(true);
            }
            let count = self.socket.write(self.output.front())?;
            return self.note_written(count);
        };
        if tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
            return Ok(false);
        }
        // During the handshake there is nothing to say yet.
        if self.output.waiting() == 0 || tls.is_handshaking() {
            return Ok(true);
        }
        for _ in 0..RECORDS_PER_WRITE {
            if self.output.waiting() == 0 {
                break;
            }
            let count = tls.writer().write(self.output.front())?;
            if count == 0 {
                break;
            }
            self.output.consume(count);
        }
        Ok(false)
    }

    fn note_written(&mut self, count: usize) -> io::Result<bool> {
        if count == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        self.output.consume(count);
        Ok(false)
    }

    /// Has TLS say goodbye, where there is any.
    pub(crate) fn say_goodbye(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
        }
    }
}

fn read_tls(tls: &mut ServerConnection, socket: &mut TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    loop {
        match tls.reader().read(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // Without a goodbye; what was said before was authenticated all the same.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
            other => return other,
        }
        if tls.read_tls(socket)? == 0 {
            return Ok(0);
        }
        if let Err(error) = tls.process_new_packets() {
            // The alert that says why; whether it arrives changes nothing.
            let _ = tls.write_tls(socket);
            return Err(io::Error::new(io::ErrorKind::InvalidData, error));
        }
    }
}
