//! `/metrics` in the OpenMetrics format: everything is read when it is asked for.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use motet::Worker;
use motet::control::WorkerStats;
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::App;
use super::auth::Asker;
use crate::config::Metrics;
use crate::rooms_task::Census;

/// How long a worker has to tell its figures; one that hangs is left out.
const WORKER_TIMEOUT: Duration = Duration::from_secs(1);
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn scrape(
    State(app): State<Arc<App>>,
    asker: Result<Asker, super::api::ApiError>,
) -> Response {
    match app.config.metrics {
        Metrics::Off => return StatusCode::NOT_FOUND.into_response(),
        Metrics::Admin => {
            if let Err(error) = asker.and_then(|asker| asker.need_operator()) {
                return error.into_response();
            }
        }
        Metrics::Open => {}
    }
    let census = app.rooms.census().await;
    let mut workers = Vec::new();
    for (index, worker) in app.workers.iter().enumerate() {
        workers.push((index, stats(worker).await));
    }
    let mixers = super::metrics_mixers::gather(&app.rooms).await;
    let mut registry = Registry::default();
    register_census(&mut registry, &census, &app);
    register_workers(&mut registry, &workers);
    super::metrics_mixers::register(&mut registry, &mixers);
    if let Some(turn) = &app.turn {
        super::metrics_turn::register(&mut registry, &turn.counters());
    }
    register_process(&mut registry);
    let mut body = String::new();
    match text::encode(&mut body, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response(),
        Err(error) => {
            let _ = write!(body, "{error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn stats(worker: &Worker) -> Option<WorkerStats> {
    tokio::time::timeout(WORKER_TIMEOUT, worker.stats()).await.ok()?.ok()
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct WorkerLabel {
    worker: usize,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DropLabels {
    worker: usize,
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TopologyLabel {
    topology: &'static str,
}

fn register_census(registry: &mut Registry, census: &Census, app: &App) {
    let counts = census.counts;
    for (name, help, value) in [
        ("motet_rooms", "Open rooms", counts.rooms),
        ("motet_participants", "People in rooms", counts.participants),
        ("motet_participants_dropped", "People whose signaling connection is gone for now", counts.dropped),
        ("motet_tracks", "Published tracks", counts.tracks),
        ("motet_tracks_announced", "Those of them whose media does not pass the server", counts.announced),
        ("motet_mesh_pairs", "Pairs of people in meshes", counts.pairs),
        ("motet_mixers", "Rooms that are mixed", counts.mixers),
        ("motet_subscriptions", "Tracks that people receive, or were offered", counts.subscriptions),
        ("motet_workers_alive", "Media workers that are alive", census.workers_alive),
        ("motet_stopping", "1 while the server stops", usize::from(app.is_stopping())),
        ("motet_signal_sockets", "Open signaling connections", app.signal.sockets()),
    ] {
        gauge(registry, name, help, value);
    }
    let topologies: Family<TopologyLabel, Gauge> = Family::default();
    for (topology, count) in ["mesh", "sfu", "mcu"].into_iter().zip(counts.topologies) {
        topologies.get_or_create(&TopologyLabel { topology }).set(count.try_into().unwrap_or(i64::MAX));
    }
    registry.register("motet_rooms_by_topology", "Rooms with people, by how they move media", topologies);
    let info = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    registry.register("motet_build", "What is running", info);
}

fn gauge(registry: &mut Registry, name: &str, help: &str, value: usize) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    registry.register(name, help, gauge);
}

type Read<T> = fn(&WorkerStats) -> T;

fn register_workers(registry: &mut Registry, workers: &[(usize, Option<WorkerStats>)]) {
    let gauges: [(&str, &str, Read<usize>); 5] = [
        ("motet_worker_routers", "Open routers", |stats| stats.routers),
        ("motet_worker_transports", "Open transports", |stats| stats.transports),
        ("motet_worker_producers", "Open producers", |stats| stats.producers),
        ("motet_worker_consumers", "Open consumers", |stats| stats.consumers),
        ("motet_worker_tcp_connections", "Open TCP connections", |stats| stats.tcp_connections),
    ];
    for (name, help, read) in gauges {
        let family: Family<WorkerLabel, Gauge> = Family::default();
        for (worker, stats) in known(workers) {
            family.get_or_create(&WorkerLabel { worker }).set(read(stats).try_into().unwrap_or(i64::MAX));
        }
        registry.register(name, help, family);
    }
    let counters: [(&str, &str, Read<u64>); 6] = [
        ("motet_worker_received_packets", "Datagrams and frames that came", |stats| stats.received_packets),
        ("motet_worker_sent_packets", "Datagrams and frames that went", |stats| stats.sent_packets),
        ("motet_worker_received_bytes", "Bytes that came", |stats| stats.received_bytes),
        ("motet_worker_sent_bytes", "Bytes that went", |stats| stats.sent_bytes),
        ("motet_worker_producer_packets", "RTP packets that came in on producers", |stats| {
            stats.producer_packets
        }),
        ("motet_worker_consumer_packets", "RTP packets that went out of consumers", |stats| {
            stats.consumer_packets
        }),
    ];
    for (name, help, read) in counters {
        let family: Family<WorkerLabel, Counter> = Family::default();
        for (worker, stats) in known(workers) {
            family.get_or_create(&WorkerLabel { worker }).inc_by(read(stats));
        }
        registry.register(name, help, family);
    }
    register_drops(registry, workers);
    register_times(registry, workers);
}

fn register_drops(registry: &mut Registry, workers: &[(usize, Option<WorkerStats>)]) {
    let drops: Family<DropLabels, Counter> = Family::default();
    for (worker, stats) in known(workers) {
        for (reason, count) in &stats.drops {
            drops.get_or_create(&DropLabels { worker, reason }).inc_by(*count);
        }
    }
    registry.register("motet_worker_drops", "Packets refused, by reason", drops);
}

fn register_times(registry: &mut Registry, workers: &[(usize, Option<WorkerStats>)]) {
    type Seconds = Counter<f64, std::sync::atomic::AtomicU64>;
    let busy: Family<WorkerLabel, Seconds> = Family::default();
    let longest: Family<WorkerLabel, Gauge<f64, std::sync::atomic::AtomicU64>> = Family::default();
    for (worker, stats) in known(workers) {
        busy.get_or_create(&WorkerLabel { worker }).inc_by(stats.busy.as_secs_f64());
        longest.get_or_create(&WorkerLabel { worker }).set(stats.longest_turn.as_secs_f64());
    }
    registry.register_with_unit("motet_worker_busy", "Time spent working, not waiting", Unit::Seconds, busy);
    let help = "The longest turn of the loop since this was read last";
    registry.register_with_unit("motet_worker_longest_turn", help, Unit::Seconds, longest);
}

fn known(workers: &[(usize, Option<WorkerStats>)]) -> impl Iterator<Item = (usize, &WorkerStats)> {
    workers.iter().filter_map(|(worker, stats)| Some((*worker, stats.as_ref()?)))
}

/// Where the system tells; elsewhere nothing is.
fn register_process(registry: &mut Registry) {
    if let Some(bytes) = resident_bytes() {
        let memory: Gauge = Gauge::default();
        memory.set(bytes);
        registry.register_with_unit("process_resident_memory", "Memory in use", Unit::Bytes, memory);
    }
}

fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
