//! Allocate (RFC 8656 section 7.2): what is asked for. How it comes about stands in `opening`.

use std::time::Duration;

use super::authentication::Who;
use super::requests::{Reply, Request};
use super::{Server, Slot};
use crate::shared::{PortWish, Tick};
use crate::wire::numbers::{ErrorCode, TRANSPORT_TCP, TRANSPORT_UDP};
use crate::wire::{Family, Message};
use crate::{HoldId, Lifetimes, RelayTransport};

/// What an Allocate request asks for, as far as the server has it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) transport: RelayTransport,
    /// Which of the operator's relay addresses; of a redeemed reservation, none.
    pub(super) places: Vec<usize>,
    pub(super) errors: Vec<(Family, ErrorCode)>,
    pub(super) wish: PortWish,
    pub(super) token: Option<HoldId>,
    pub(super) lifetime_ns: Tick,
}

impl Server {
    pub(super) fn allocate(
        &mut self,
        now: Tick,
        slot: Option<Slot>,
        request: &Request<'_>,
        who: Who,
        reply: Reply,
    ) {
        if let Some(slot) = slot
            && let Some(allocation) = self.open(slot)
        {
            let is_repeated = allocation.made_by == reply.transaction && matches!(who, Who::Same);
            return if is_repeated {
                self.announce(now, slot, &reply, &[]);
            } else {
                self.fail(&reply, ErrorCode::AllocationMismatch);
            };
        }
        let Who::Other(known) = who else { return self.fail(&reply, ErrorCode::AllocationMismatch) };
        if let Err(code) = self.plan(request).and_then(|plan| self.begin(now, plan, known, &reply)) {
            self.fail(&reply, code);
        }
    }

    fn plan(&self, request: &Request<'_>) -> Result<Plan, ErrorCode> {
        let message = &request.message;
        let transport = transport(message)?;
        let has_udp_wishes =
            message.even_port.or(message.reservation_token).or(message.dont_fragment).is_some();
        if transport == RelayTransport::Tcp && (has_udp_wishes || !request.client.protocol.is_stream()) {
            return Err(ErrorCode::BadRequest);
        }
        let wish = wish(message)?;
        let token = token(message)?;
        let lifetimes = &self.shared.settings.lifetimes;
        let lifetime_ns = granted_ns(message, lifetimes)?.max(ns(lifetimes.allocation_default));
        let mut plan = Plan { transport, places: Vec::new(), errors: Vec::new(), wish, token, lifetime_ns };
        if token.is_some() {
            return Ok(plan);
        }
        for family in families(message, wish)? {
            match self.shared.settings.relays.iter().position(|relay| Family::of(relay.bind) == *family) {
                Some(place) => plan.places.push(place),
                None => plan.errors.push((*family, ErrorCode::AddressFamilyNotSupported)),
            }
        }
        if plan.places.is_empty() { Err(ErrorCode::AddressFamilyNotSupported) } else { Ok(plan) }
    }
}

fn transport(message: &Message<'_>) -> Result<RelayTransport, ErrorCode> {
    match message.requested_transport {
        Some(&[TRANSPORT_UDP, _, _, _]) => Ok(RelayTransport::Udp),
        Some(&[TRANSPORT_TCP, _, _, _]) => Ok(RelayTransport::Tcp),
        Some([_, _, _, _]) => Err(ErrorCode::UnsupportedTransport),
        _ => Err(ErrorCode::BadRequest),
    }
}

fn wish(message: &Message<'_>) -> Result<PortWish, ErrorCode> {
    match message.even_port {
        None => Ok(PortWish::Any),
        Some([bits]) if bits & 0x80 != 0 => Ok(PortWish::EvenPair),
        Some([_]) => Ok(PortWish::Even),
        Some(_) => Err(ErrorCode::BadRequest),
    }
}

/// A reservation says all there is to say about the address.
fn token(message: &Message<'_>) -> Result<Option<HoldId>, ErrorCode> {
    let Some(value) = message.reservation_token else { return Ok(None) };
    let token = value.try_into().map_err(|_| ErrorCode::BadRequest)?;
    let others = message.even_port.or(message.requested_family).or(message.additional_family);
    if others.is_some() { Err(ErrorCode::BadRequest) } else { Ok(Some(HoldId(u64::from_be_bytes(token)))) }
}

/// Which families are asked for: IPv4 where nothing is said.
fn families(message: &Message<'_>, wish: PortWish) -> Result<&'static [Family], ErrorCode> {
    let read = |value: &[u8]| Family::read(value).ok_or(ErrorCode::BadRequest);
    match (message.requested_family, message.additional_family) {
        (None, None) => Ok(&[Family::V4]),
        (Some(value), None) => match read(value)? {
            Ok(Family::V4) => Ok(&[Family::V4]),
            Ok(Family::V6) => Ok(&[Family::V6]),
            Err(_) => Err(ErrorCode::AddressFamilyNotSupported),
        },
        (None, Some(value)) if read(value)? == Ok(Family::V6) && wish != PortWish::EvenPair => {
            Ok(&[Family::V4, Family::V6])
        }
        _ => Err(ErrorCode::BadRequest),
    }
}

/// The lifetime that a request gets, between the default and the most; 0 stays 0.
pub(super) fn granted_ns(message: &Message<'_>, lifetimes: &Lifetimes) -> Result<Tick, ErrorCode> {
    let (least, most) = (ns(lifetimes.allocation_default), ns(lifetimes.allocation_max));
    let Some(value) = message.lifetime else { return Ok(least) };
    match u32::from_be_bytes(value.try_into().map_err(|_| ErrorCode::BadRequest)?) {
        0 => Ok(0),
        seconds => Ok(ns(Duration::from_secs(seconds.into())).min(most).max(least)),
    }
}

pub(super) fn ns(duration: Duration) -> Tick {
    duration.as_nanos() as Tick
}
