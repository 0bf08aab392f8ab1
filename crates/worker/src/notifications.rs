//! News on their way from the routers to whoever asked for them.

use std::collections::VecDeque;

use motet_control::Notification;

use crate::drop_reason::{DropReason, Drops};

/// News kept at most. The loop hands on all of them in every turn, so that only one turn with more news than this fills
/// it; full means that the rest of that turn's news is lost and counted.
const NOTIFICATIONS_MAX: usize = 16_384;

/// In the order in which they came.
#[derive(Default)]
pub(crate) struct Notifications(VecDeque<Notification>);

impl Notifications {
    pub(crate) fn push(&mut self, notification: Notification, drops: &mut Drops) {
        if self.0.len() < NOTIFICATIONS_MAX {
            self.0.push_back(notification);
        } else {
            drops.count(DropReason::NotificationsFull);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Notification> {
        self.0.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use motet_control::ConsumerId;

    use super::*;

    #[test]
    fn a_full_queue_loses_the_newest_and_counts_it() {
        let (mut queue, mut drops) = (Notifications::default(), Drops::default());
        for id in 0..NOTIFICATIONS_MAX as u64 + 3 {
            queue.push(Notification::ConsumerClosed { consumer_id: ConsumerId(id) }, &mut drops);
        }
        assert!(matches!(queue.pop(), Some(Notification::ConsumerClosed { consumer_id: ConsumerId(0) })));
        let lost = drops.iter().find(|(name, _)| *name == "notifications_full");
        assert_eq!(lost, Some(("notifications_full", 3)));
    }
}
