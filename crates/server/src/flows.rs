//! Who sends how much to whom: asked of the workers where somebody watches.

use std::sync::Arc;
use std::time::Duration;

use motet::Worker;
use motet::control::{MediaKind, Request, Response, TransportStats};
use motet_room::{Command, Flow, Peer, WatchedPerson, WatchedRoom};
use tokio::sync::mpsc;

use crate::rooms_task::Message;

/// How often.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long a worker has to tell its figures.
const STATS_TIMEOUT: Duration = Duration::from_secs(1);

/// Asks for flows again and again, while there are rooms.
pub(crate) async fn tick(messages: mpsc::WeakSender<Message>) {
    loop {
        tokio::time::sleep(INTERVAL).await;
        let Some(messages) = messages.upgrade() else { return };
        if messages.send(Message::GatherFlows).await.is_err() {
            return;
        }
    }
}

/// Measures the flows of rooms and tells them.
pub(crate) async fn gather(
    rooms: Vec<WatchedRoom>,
    workers: Arc<[Worker]>,
    messages: mpsc::WeakSender<Message>,
) {
    for room in rooms {
        let mut flows = room.reported;
        if let Some(worker) = workers.get(room.worker.0) {
            for person in &room.people {
                flows.extend(of_person(worker, person).await);
            }
        }
        let Some(messages) = messages.upgrade() else { return };
        let command = Command::TellFlows { router_id: room.router_id, flows };
        if messages.send(Message::Tell { command }).await.is_err() {
            return;
        }
    }
}

async fn of_person(worker: &Worker, person: &WatchedPerson) -> Vec<Flow> {
    let mut flows = Vec::new();
    for (peer, transport_id) in &person.transports {
        let asked = worker.send(Request::GetTransportStats { transport_id: *transport_id });
        let Ok(Ok(Response::TransportStats(stats))) = tokio::time::timeout(STATS_TIMEOUT, asked).await else {
            continue;
        };
        match peer {
            Peer::Publish => flows.push(sent(person, &stats)),
            Peer::Subscribe => flows.extend(received(person, &stats)),
        }
    }
    flows
}

fn sent(person: &WatchedPerson, stats: &TransportStats) -> Flow {
    let of = |kind| {
        let producers = stats.producers.iter().filter(|producer| producer.kind == kind);
        producers.flat_map(|producer| &producer.streams).map(|stream| stream.bitrate_bps).sum()
    };
    Flow {
        from: Some(person.participant_id),
        to: None,
        audio_bps: of(MediaKind::Audio),
        video_bps: of(MediaKind::Video),
        is_mix: false,
    }
}

/// The mix and tracks apart, where there are both: while one moves from one to the other.
fn received(person: &WatchedPerson, stats: &TransportStats) -> Vec<Flow> {
    let of = |is_mix: bool, is_picture: bool| {
        let consumers = stats.consumers.iter().filter(|consumer| {
            person.mix.contains(&consumer.consumer_id) == is_mix
                && person.pictures.contains(&consumer.consumer_id) == is_picture
        });
        consumers.map(|consumer| consumer.stream.bitrate_bps).sum()
    };
    let flow = |is_mix| Flow {
        from: None,
        to: Some(person.participant_id),
        audio_bps: of(is_mix, false),
        video_bps: of(is_mix, true),
        is_mix,
    };
    let has_mix = !person.mix.is_empty();
    let has_tracks = stats.consumers.iter().any(|consumer| !person.mix.contains(&consumer.consumer_id));
    let flows = [(has_tracks || !has_mix).then(|| flow(false)), has_mix.then(|| flow(true))];
    flows.into_iter().flatten().collect()
}
