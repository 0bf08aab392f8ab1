//! One peer's pipe: the link to it, the streams that come in and go out over it, and what both sides tell of them.

mod deadlines;
mod direct;
mod health;
mod link;
mod link_events;
mod outlook;
mod reports;
mod requests;
mod rtcp_in;
mod rtcp_out;
mod rtp_in;
mod ssrc_table;
mod wake;
mod webrtc;

use std::collections::HashSet;
use std::time::Instant;

use motet_bwe::{FeedbackRecorder, ReceiveEstimator};
use motet_control::TransportId;
use motet_rtp::Ssrc;
use motet_rtp::ext::{ExtensionKind, ExtensionMap, ExtensionValues};

pub(crate) use deadlines::{Deadlines, Due};
pub(crate) use health::Health;
pub(crate) use link::{Link, Outgoing};
pub(crate) use outlook::Outlook;
pub(crate) use requests::told_tuple;
pub(crate) use ssrc_table::{Binding, SsrcTable};

use crate::clock::NtpClock;
use crate::drop_reason::{DropCounts, DropReason};
use crate::egress::Egress;
use crate::producer::SenderClock;
use crate::table::{ConsumerKey, ProducerKey};
use crate::timers::Alarm;

/// Datagrams and their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

impl Traffic {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.packets += 1;
        self.bytes += bytes as u64;
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.packets += other.packets;
        self.bytes += other.bytes;
    }
}

/// What comes in: producers and how their packets are known.
pub(crate) struct Incoming {
    pub(crate) producers: Vec<ProducerKey>,
    pub(crate) ssrcs: SsrcTable,
    /// The ids of all producers' extensions together, for packets whose producer is yet to be found.
    pub(crate) extensions: ExtensionMap,
    /// For senders that estimate their path themselves.
    pub(crate) recorder: Option<Box<FeedbackRecorder>>,
    /// For senders that want an estimate.
    pub(crate) estimator: Option<Box<ReceiveEstimator>>,
    pub(crate) sender_clock: SenderClock,
    /// Whether feedback may go without a report before it (RFC 5506).
    pub(crate) has_reduced_size: bool,
    /// The SSRC whose conflict was told last, and when: each is told once, and one a second however many there are.
    pub(crate) told_conflict: Option<(Ssrc, Instant)>,
}

/// What goes out: consumers and how reports about their packets are known.
pub(crate) struct Subscriptions {
    pub(crate) consumers: Vec<ConsumerKey>,
    /// Media SSRCs, ascending.
    ssrcs: Vec<(Ssrc, ConsumerKey)>,
    /// Every SSRC that ever went out under these keys. None may come again: its numbers would begin anew, and the same
    /// key, SSRC and index would seal different bytes (RFC 3711 section 9.1).
    used: HashSet<Ssrc>,
    /// The next transport-wide sequence number.
    transport_seq: u16,
}

/// SSRCs that may go out over one transport in its life.
pub(crate) const USED_SSRCS_MAX: usize = 1 << 16;

impl Subscriptions {
    fn new() -> Self {
        Self { consumers: Vec::new(), ssrcs: Vec::new(), used: HashSet::new(), transport_seq: 0 }
    }

    /// Whether no packet ever went out under `ssrc`.
    pub(crate) fn is_unused(&self, ssrc: Ssrc) -> bool {
        !self.used.contains(&ssrc)
    }

    /// Whether two more SSRCs may be used.
    pub(crate) fn has_room(&self) -> bool {
        self.used.len() + 2 <= USED_SSRCS_MAX
    }

    /// Adds a consumer whose SSRCs are unused.
    pub(crate) fn add(&mut self, consumer: ConsumerKey, ssrc: Ssrc, rtx_ssrc: Option<Ssrc>) {
        self.consumers.push(consumer);
        let place = self.ssrcs.partition_point(|(known, _)| *known < ssrc);
        self.ssrcs.insert(place, (ssrc, consumer));
        self.used.extend([Some(ssrc), rtx_ssrc].into_iter().flatten());
    }

    pub(crate) fn remove(&mut self, consumer: ConsumerKey) {
        self.consumers.retain(|known| *known != consumer);
        self.ssrcs.retain(|(_, known)| *known != consumer);
    }

    /// The consumer whose media has this SSRC.
    pub(crate) fn lookup(&self, ssrc: Ssrc) -> Option<ConsumerKey> {
        let place = self.ssrcs.binary_search_by_key(&ssrc, |(known, _)| *known).ok()?;
        Some(self.ssrcs[place].1)
    }

    /// Writes what only the sending transport knows: when, and as the how-manieth of all its packets.
    fn stamp(&mut self, now: Instant, clock: &NtpClock, map: &ExtensionMap, values: &mut ExtensionValues) {
        values.transport_seq = map.id(ExtensionKind::TransportSeq).map(|_| {
            self.transport_seq = self.transport_seq.wrapping_add(1);
            self.transport_seq
        });
        values.abs_send_time = map.id(ExtensionKind::AbsSendTime).map(|_| clock.abs_send_time(now));
    }
}

/// One transport.
pub(crate) struct Transport {
    pub(crate) id: TransportId,
    pub(crate) link: Link,
    pub(crate) incoming: Incoming,
    pub(crate) subscriptions: Subscriptions,
    /// Under which reports and feedback go out.
    pub(crate) rtcp_ssrc: Ssrc,
    /// Reference times of the peer's receivers, to be answered with the next report (RFC 3611 section 4.4).
    pub(crate) references: Vec<Reference>,
    pub(crate) health: Health,
    pub(crate) deadlines: Deadlines,
    pub(crate) alarm: Alarm,
    pub(crate) received: Traffic,
    pub(crate) sent: Traffic,
    pub(crate) drops: DropCounts,
    /// What its path takes, where the peer says what comes.
    pub(crate) outlook: Option<Box<Outlook>>,
}

/// A receiver's reference time, heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    pub(crate) ssrc: Ssrc,
    /// The middle 32 bits of its NTP time.
    pub(crate) lrr: u32,
    pub(crate) at: Instant,
}

/// Receivers whose reference times one transport keeps; a browser is one.
pub(crate) const REFERENCES_MAX: usize = 8;

impl Transport {
    pub(crate) fn new(id: TransportId, link: Link, rtcp_ssrc: Ssrc) -> Self {
        Self {
            id,
            link,
            incoming: Incoming {
                producers: Vec::new(),
                ssrcs: SsrcTable::default(),
                extensions: ExtensionMap::default(),
                recorder: None,
                estimator: None,
                sender_clock: SenderClock::default(),
                has_reduced_size: true,
                told_conflict: None,
            },
            subscriptions: Subscriptions::new(),
            rtcp_ssrc,
            references: Vec::new(),
            health: Health::default(),
            deadlines: Deadlines::default(),
            alarm: Alarm::default(),
            received: Traffic::default(),
            sent: Traffic::default(),
            drops: DropCounts::default(),
            outlook: None,
        }
    }

    /// Stamps, seals and sends an RTP packet; answers the bytes sent.
    pub(crate) fn send_rtp(
        &mut self,
        now: Instant,
        clock: &NtpClock,
        packet: Unstamped<'_>,
        egress: &mut impl Egress,
    ) -> Result<usize, DropReason> {
        let Unstamped { header, index, values, extensions, parts, is_padding } = packet;
        self.subscriptions.stamp(now, clock, extensions, values);
        let transport_seq = values.transport_seq;
        let outgoing = Outgoing { header, index, values, extensions, parts, is_padding };
        let len = self.link.send_rtp(&outgoing, egress)?;
        if len > 0 {
            self.sent.add(len);
            if let (Some(outlook), Some(seq)) = (&mut self.outlook, transport_seq) {
                outlook.handle_sent(now, seq, len);
            }
        }
        Ok(len)
    }
}

/// An RTP packet without what its transport knows.
pub(crate) struct Unstamped<'a> {
    pub(crate) header: motet_rtp::RtpHeader,
    pub(crate) index: motet_rtp::SeqNo,
    pub(crate) values: &'a mut ExtensionValues,
    pub(crate) extensions: &'a ExtensionMap,
    pub(crate) parts: &'a [&'a [u8]],
    /// Whether the last part is padding that tells its own length.
    pub(crate) is_padding: bool,
}
