//! A session's life: events, sockets one after another, and time, until its participant is out of the room.

use std::sync::Arc;
use std::time::Instant;

use motet_room::{Command, Event, Joined, Reply, ResumedFrom};
use tokio::sync::mpsc;

use super::pump::FromSocket;
use super::{Shared, Socket};
use crate::host::Host;
use crate::session::{Close, Output, Session};
use crate::wire::Id;

/// Sockets that wait to be attached: a client has one.
const ATTACHMENTS_MAX: usize = 2;

/// Another socket for a session.
pub(super) struct Attachment {
    pub(super) socket: Socket,
    /// The request to resume.
    pub(super) id: Option<Id>,
    pub(super) joined: Box<Joined>,
}

/// A session with whatever reaches it.
pub(super) struct Life<H: Host> {
    shared: Arc<Shared<H>>,
    session: Session,
    events: mpsc::Receiver<Event>,
    attachments: mpsc::Receiver<Attachment>,
    socket: Option<Socket>,
}

impl<H: Host> Life<H> {
    pub(super) fn new(
        shared: Arc<Shared<H>>,
        session: Session,
        events: mpsc::Receiver<Event>,
        socket: Socket,
    ) -> Self {
        let (sender, attachments) = mpsc::channel(ATTACHMENTS_MAX);
        shared.sessions().insert(session.participant_id(), sender);
        Self { shared, session, events, attachments, socket: Some(socket) }
    }

    pub(super) async fn run(mut self) {
        let participant_id = self.session.participant_id();
        tracing::info!(%participant_id, "joined");
        loop {
            self.flush().await;
            if self.session.is_ended() {
                break;
            }
            let timeout = self.session.poll_timeout();
            tokio::select! {
                event = self.events.recv() => match event {
                    Some(event) => self.take_events(event).await,
                    None => break,
                },
                Some(attachment) = self.attachments.recv() => self.attach(attachment).await,
                news = next(&mut self.socket) => self.take_news(news).await,
                () = sleep_until(timeout) => self.session.handle_timeout(Instant::now()),
            }
        }
        // The rooms ended without a word, if there is a socket left.
        if let Some(socket) = self.socket.take() {
            socket.outbox.close(Close::ServerStopping);
        }
        tracing::info!(%participant_id, "out");
    }

    /// All events that are there, so that what they change is offered at once.
    async fn take_events(&mut self, first: Event) {
        let mut next = Some(first);
        while let Some(event) = next {
            self.session.handle_event(Instant::now(), &self.shared.host, event).await;
            next = self.events.try_recv().ok();
        }
    }

    async fn take_news(&mut self, news: Option<FromSocket>) {
        match news {
            Some(FromSocket::Message(inbound)) => {
                self.session.handle_inbound(Instant::now(), &self.shared.host, inbound).await;
            }
            Some(FromSocket::Alive(until)) => self.session.handle_alive(until),
            None => {
                self.socket = None;
                self.drop_out().await;
            }
        }
    }

    async fn attach(&mut self, attachment: Attachment) {
        let Attachment { socket, id, mut joined } = attachment;
        let participant_id = self.session.participant_id();
        // The rooms took the session for attached when they resumed it, and then heard from here that it had dropped.
        if self.socket.is_none() && joined.resumed == Some(ResumedFrom::Attached) {
            let token = joined.resume_token.clone();
            match self.shared.host.command(Command::Resume { token }).await {
                Ok(Reply::Joined(again)) => joined = again,
                _ => return socket.outbox.close(Close::Removed),
            }
        }
        if let Some(old) = self.socket.replace(socket) {
            old.outbox.close(Close::Replaced);
        }
        tracing::info!(%participant_id, "resumed");
        let mut ice_servers = self.shared.config.session.ice_servers.clone();
        ice_servers.extend(self.shared.host.ice_servers(participant_id));
        self.session.set_ice_servers(ice_servers);
        self.session.handle_resumed(Instant::now(), id.as_ref(), &joined);
    }

    async fn flush(&mut self) {
        while let Some(output) = self.session.poll_output(Instant::now()) {
            let Some(socket) = self.socket.take() else { continue };
            match output {
                Output::Text(text) => match socket.outbox.send(text) {
                    Ok(()) => self.socket = Some(socket),
                    Err(_full) => {
                        tracing::info!(participant_id = %self.session.participant_id(), "a client does not read");
                        socket.outbox.cut();
                        self.drop_out().await;
                    }
                },
                Output::Close(close) => {
                    socket.outbox.close(close);
                    if !self.session.is_ended() {
                        self.drop_out().await;
                    }
                }
            }
        }
    }

    async fn drop_out(&mut self) {
        self.session.handle_dropped();
        let participant_id = self.session.participant_id();
        tracing::info!(%participant_id, "dropped");
        // One who is out of the room cannot drop out of it.
        let _ = self.shared.host.command(Command::Dropped { participant_id }).await;
    }
}

impl<H: Host> Drop for Life<H> {
    /// However it ends, nobody is led to it any more.
    fn drop(&mut self) {
        self.shared.sessions().remove(&self.session.participant_id());
    }
}

async fn next(socket: &mut Option<Socket>) -> Option<FromSocket> {
    match socket {
        Some(socket) => socket.inbox.recv().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
