//! Requests: who asks, and what is answered.

use super::authentication::{Authentic, NotAuthentic, Who, authenticate};
use super::{Server, Slot, source};
use crate::shared::{PASSWORD_ALGORITHMS, Tick};
use crate::wire::numbers::{ErrorCode, attribute, method};
use crate::wire::{Class, Integrity, LongTermKey, Malformed, Message, TransactionId, Writer};
use crate::{ClientSocket, DropReason, FromClient};

/// What comes of a request whose success needs no words.
pub(super) type Answer = Result<(), ErrorCode>;

/// An authentic request.
#[derive(Debug)]
pub(super) struct Request<'a> {
    pub(super) client: ClientSocket,
    pub(super) message: Message<'a>,
}

/// All that answering a request takes, also later.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) client: ClientSocket,
    pub(super) method: u16,
    pub(super) transaction: TransactionId,
    pub(super) signer: Option<(Integrity, LongTermKey)>,
    pub(super) has_fingerprint: bool,
}

impl Reply {
    fn to(client: ClientSocket, message: &Message<'_>) -> Self {
        let Message { method, transaction, has_fingerprint, .. } = *message;
        Self { client, method, transaction, signer: None, has_fingerprint }
    }

    fn writer<'a>(&self, out: &'a mut Vec<u8>, class: Class) -> Writer<'a> {
        Writer::new(out, class, self.method, self.transaction)
    }

    fn end(&self, mut writer: Writer<'_>, software: Option<&str>) {
        if let Some(software) = software {
            writer.attribute(attribute::SOFTWARE, software.as_bytes());
        }
        if let Some((integrity, key)) = &self.signer {
            writer.integrity(*integrity, key);
        }
        if self.has_fingerprint {
            writer.fingerprint();
        }
    }
}

impl Server {
    pub(super) fn handle_message(
        &mut self,
        now: Tick,
        unix_s: u64,
        client: ClientSocket,
        data: &[u8],
    ) -> FromClient {
        let message = match Message::read(data) {
            Ok(message) => message,
            Err(Malformed::Structure) => return self.drop(DropReason::Malformed),
            Err(Malformed::Fingerprint) => return self.drop(DropReason::BadFingerprint),
        };
        match (message.class, message.method) {
            (Class::Request, method::BINDING) => self.bind(now, client, &message),
            (Class::Indication, method::BINDING) => FromClient::Nothing,
            (Class::Request, method::ALLOCATE | method::REFRESH | method::CREATE_PERMISSION)
            | (Class::Request, method::CHANNEL_BIND | method::CONNECT | method::CONNECTION_BIND) => {
                self.handle_request(now, unix_s, client, message)
            }
            _ => self.drop(DropReason::Unexpected),
        }
    }

    fn bind(&mut self, now: Tick, client: ClientSocket, message: &Message<'_>) -> FromClient {
        if !self.shared.sources.admit(now, source(client.remote.ip())) {
            return self.drop(DropReason::UnauthenticatedRate);
        }
        let reply = Reply::to(client, message);
        if !message.unknown().is_empty() {
            return self.answer_unknown(&reply, message);
        }
        self.counters.bindings += 1;
        self.succeed(&reply, |writer| {
            writer.xor_address(attribute::XOR_MAPPED_ADDRESS, client.remote);
        });
        FromClient::Nothing
    }

    fn handle_request(
        &mut self,
        now: Tick,
        unix_s: u64,
        client: ClientSocket,
        message: Message<'_>,
    ) -> FromClient {
        let slot = self.slot_of(&client);
        let allocation = slot.and_then(|slot| self.allocations.get(slot.0));
        if allocation.is_some_and(|allocation| allocation.opening.is_some()) {
            // Its first request is being answered.
            return self.drop(DropReason::Unexpected);
        }
        let known = allocation.map(|allocation| &allocation.known);
        let ip = client.remote.ip();
        let authentic = match authenticate(&self.shared, now, unix_s, ip, &message, known) {
            Ok(authentic) => authentic,
            Err(why) => return self.deny(now, client, &message, why),
        };
        self.shared.sources.forgive(now, source(ip));
        let Authentic { who, integrity, key } = authentic;
        let mut reply = Reply::to(client, &message);
        reply.signer = Some((integrity, key));
        if !message.unknown().is_empty() {
            return self.answer_unknown(&reply, &message);
        }
        let request = Request { client, message };
        match request.message.method {
            method::ALLOCATE => self.allocate(now, slot, &request, who, reply),
            method::CONNECTION_BIND => return self.join(now, slot, &request, who, &reply),
            _ => self.manage(now, slot, &request, &who, reply),
        }
        FromClient::Nothing
    }

    /// What only the owner of an allocation may ask.
    fn manage(&mut self, now: Tick, slot: Option<Slot>, request: &Request<'_>, who: &Who, reply: Reply) {
        let Some(slot) = slot else { return self.fail(&reply, ErrorCode::AllocationMismatch) };
        if matches!(who, Who::Other(_)) {
            return self.fail(&reply, ErrorCode::WrongCredentials);
        }
        let answer = match request.message.method {
            method::REFRESH => return self.refresh(now, slot, request, &reply),
            method::CONNECT => return self.connect(now, slot, request, reply),
            method::CREATE_PERMISSION => self.create_permission(now, slot, request),
            _ => self.bind_channel(now, slot, request),
        };
        match answer {
            Ok(()) => self.succeed(&reply, |_| ()),
            Err(code) => self.fail(&reply, code),
        }
    }

    /// Answers somebody without credentials, if they have not been answered too often.
    fn deny(
        &mut self,
        now: Tick,
        client: ClientSocket,
        message: &Message<'_>,
        why: NotAuthentic,
    ) -> FromClient {
        let (code, reason) = match why {
            NotAuthentic::Unsigned => (ErrorCode::Unauthenticated, DropReason::Unauthenticated),
            NotAuthentic::Wrong => (ErrorCode::Unauthenticated, DropReason::WrongCredentials),
            NotAuthentic::Bad => (ErrorCode::BadRequest, DropReason::BadRequest),
            NotAuthentic::Stale => (ErrorCode::StaleNonce, DropReason::StaleNonce),
        };
        self.counters.count(reason);
        if !self.shared.sources.admit(now, source(client.remote.ip())) {
            return self.drop(DropReason::UnauthenticatedRate);
        }
        let reply = Reply::to(client, message);
        let shared = &self.shared;
        self.answers.push(client, |out| {
            let mut writer = reply.writer(out, Class::Error);
            writer.error(code);
            if code != ErrorCode::BadRequest {
                writer.attribute(attribute::REALM, shared.settings.realm.as_bytes());
                writer.attribute(attribute::NONCE, &shared.nonces.make(now, client.remote.ip()));
                if shared.settings.sha256 {
                    writer.attribute(attribute::PASSWORD_ALGORITHMS, &PASSWORD_ALGORITHMS);
                }
            }
            reply.end(writer, shared.settings.software.as_deref());
        });
        FromClient::Nothing
    }

    fn answer_unknown(&mut self, reply: &Reply, message: &Message<'_>) -> FromClient {
        self.counters.count(DropReason::BadRequest);
        let unknown: Vec<u8> = message.unknown().iter().flat_map(|kind| kind.to_be_bytes()).collect();
        self.answers.push(reply.client, |out| {
            let mut writer = reply.writer(out, Class::Error);
            writer.error(ErrorCode::UnknownAttribute).attribute(attribute::UNKNOWN_ATTRIBUTES, &unknown);
            reply.end(writer, None);
        });
        FromClient::Nothing
    }

    pub(super) fn succeed(&mut self, reply: &Reply, write: impl FnOnce(&mut Writer<'_>)) {
        let software = self.shared.settings.software.as_deref();
        self.answers.push(reply.client, |out| {
            let mut writer = reply.writer(out, Class::Success);
            write(&mut writer);
            reply.end(writer, software);
        });
    }

    pub(super) fn fail(&mut self, reply: &Reply, code: ErrorCode) {
        self.counters.count(match code {
            ErrorCode::Forbidden => DropReason::PeerRefused,
            ErrorCode::AllocationQuotaReached => DropReason::QuotaReached,
            ErrorCode::InsufficientCapacity => DropReason::NoCapacity,
            ErrorCode::AllocationMismatch => DropReason::NoAllocation,
            ErrorCode::WrongCredentials => DropReason::WrongCredentials,
            _ => DropReason::BadRequest,
        });
        let software = self.shared.settings.software.as_deref();
        self.answers.push(reply.client, |out| {
            let mut writer = reply.writer(out, Class::Error);
            writer.error(code);
            reply.end(writer, software);
        });
    }

    /// The allocation that a request is about.
    pub(super) fn allocation(&mut self, slot: Slot) -> Result<&mut super::Allocation, ErrorCode> {
        let allocation = self.allocations.get_mut(slot.0);
        allocation.map(|allocation| &mut **allocation).ok_or(ErrorCode::AllocationMismatch)
    }
}
