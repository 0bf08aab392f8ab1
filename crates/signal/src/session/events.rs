//! What happens in the room, as its client is told.

use std::time::Instant;

use motet_room::{Event, RoomEnd};

use super::{Close, Output, Session};
use crate::host::Host;
use crate::wire::{AudioLevel, FlowView, MixCellView, Nothing, Notification, PlaceholderView, Text};

impl Session {
    /// Something happened.
    pub async fn handle_event<H: Host>(&mut self, now: Instant, host: &H, event: Event) {
        match event {
            Event::Subscribed(subscription) => self.handle_subscribed(now, host, *subscription).await,
            Event::Unsubscribed { track_ids } => self.handle_unsubscribed(&track_ids),
            Event::SubscriptionRefused { track_id, reason } => {
                self.handle_unsubscribed(&[track_id]);
                let notification = Notification::SubscriptionRefused { track_id: Text(track_id), reason };
                self.notify_surely(now, &notification);
            }
            Event::TransportsClosed => self.handle_transports_closed(),
            Event::Relayed { from, epoch, number, message } => {
                // It was written by `Session::relay` of somebody else.
                let Ok(message) = serde_json::from_str(&message) else { return };
                let relayed = Notification::Relayed { from: Text(from), epoch, number, message };
                self.notify_surely(now, &relayed);
            }
            Event::Chat { from, text, at_unix_ms, to } => {
                let (from, to) = (Text(from), to.map(Text));
                self.notify_surely(now, &Notification::Chat { from, text, at: at_unix_ms, to });
            }
            Event::TrackUnpublished { participant_id, track_id } => {
                if participant_id == self.participant_id {
                    self.forget_own(track_id);
                }
                let (participant_id, track_id) = (Text(participant_id), Text(track_id));
                self.notify(&Notification::TrackUnpublished { participant_id, track_id });
            }
            Event::Removed { reason } => {
                self.end(&Notification::Removed { reason: Text(reason) }, Close::Removed);
            }
            Event::RoomClosed { reason } => {
                let close = match reason {
                    RoomEnd::ServerStopping => Close::ServerStopping,
                    _ => Close::RoomClosed,
                };
                self.end(&Notification::RoomClosed { reason: Text(reason) }, close);
            }
            Event::ServerStopping => {
                self.notify_surely(now, &Notification::ServerStopping(Nothing {}));
            }
            told => {
                if let Some(notification) = as_it_is(told) {
                    self.notify(&notification);
                }
            }
        }
    }

    fn end(&mut self, farewell: &Notification, close: Close) {
        self.notify(farewell);
        self.push(Output::Close(close));
        self.is_ended = true;
    }
}

/// Events that need nothing but other words. A client that was away learns them from the state that it comes back to.
fn as_it_is(event: Event) -> Option<Notification> {
    Some(match event {
        Event::ParticipantJoined(participant) => {
            Notification::ParticipantJoined { participant: (&participant).into() }
        }
        Event::ParticipantLeft { participant_id, reason } => {
            Notification::ParticipantLeft { participant_id: Text(participant_id), reason: Text(reason) }
        }
        Event::TrackPublished { participant_id, track } => {
            Notification::TrackPublished { participant_id: Text(participant_id), track: (&track).into() }
        }
        Event::TrackMuted { participant_id, track_id, muted } => {
            Notification::TrackMuted { participant_id: Text(participant_id), track_id: Text(track_id), muted }
        }
        Event::ActiveSpeaker { participant_id } => {
            Notification::ActiveSpeaker { participant_id: participant_id.map(Text) }
        }
        Event::AudioLevels { levels } => {
            let level = |(id, dbov)| AudioLevel { participant_id: Text(id), dbov };
            Notification::AudioLevels { levels: levels.into_iter().map(level).collect() }
        }
        Event::Quality { participant_id, quality } => {
            Notification::Quality { participant_id: Text(participant_id), quality: Text(quality) }
        }
        Event::MediaState { peer, state } => {
            Notification::MediaState { peer: Text(peer), state: Text(state) }
        }
        Event::TrackChanged { participant_id, track } => {
            Notification::TrackChanged { participant_id: Text(participant_id), track: (&track).into() }
        }
        Event::Topology(heading) => Notification::Topology((*heading).into()),
        Event::ViewChanged { participant_id, view } => {
            Notification::ViewChanged { participant_id: Text(participant_id), view: Text(view) }
        }
        Event::TrackPlaceholder { participant_id, track_id, placeholder } => Notification::TrackPlaceholder {
            participant_id: Text(participant_id),
            track_id: Text(track_id),
            placeholder: placeholder.map(PlaceholderView::from),
        },
        Event::MixCells(cells) => {
            Notification::MixCells { cells: cells.iter().map(MixCellView::from).collect() }
        }
        Event::Layout(layout) => Notification::Layout { layout: (&layout).into() },
        Event::Flows(flows) => Notification::Flows { flows: flows.iter().map(FlowView::from).collect() },
        Event::TrackUnpublished { .. }
        | Event::SubscriptionRefused { .. }
        | Event::Chat { .. }
        | Event::Removed { .. }
        | Event::RoomClosed { .. }
        | Event::ServerStopping
        | Event::Relayed { .. }
        | Event::TransportsClosed
        | Event::Subscribed(_)
        | Event::Unsubscribed { .. } => return None,
    })
}
