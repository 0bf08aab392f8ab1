//! How often one address may open a signaling connection.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::App;

/// Addresses remembered. Full means that those who are quiet longest are forgotten, and may begin anew.
const ADDRESSES_MAX: usize = 16_384;

const MINUTE: Duration = Duration::from_secs(60);

/// A bucket for each address: it holds as many tokens as a minute allows, and fills as the minute passes.
pub(crate) struct Rate {
    per_minute: Option<u32>,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl Rate {
    pub(crate) fn new(per_minute: Option<u32>) -> Self {
        Self { per_minute, buckets: Mutex::new(HashMap::new()) }
    }

    /// Whether `address` may, once more.
    fn takes(&self, address: IpAddr, now: Instant) -> bool {
        let Some(per_minute) = self.per_minute else { return true };
        let size = f64::from(per_minute);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            forget_the_quiet(&mut buckets, now);
        }
        let bucket = buckets.entry(network_of(address)).or_insert(Bucket { tokens: size, filled_at: now });
        let passed = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * size / MINUTE.as_secs_f64()).min(size);
        bucket.filled_at = now;
        let takes = bucket.tokens >= 1.0;
        if takes {
            bucket.tokens -= 1.0;
        }
        takes
    }
}

/// Those whose bucket is full again; then, if all are busy, everyone: a flood from that many addresses is not held off by
/// counting addresses.
fn forget_the_quiet(buckets: &mut HashMap<IpAddr, Bucket>, now: Instant) {
    buckets.retain(|_, bucket| now.saturating_duration_since(bucket.filled_at) < MINUTE);
    if buckets.len() >= ADDRESSES_MAX {
        buckets.clear();
    }
}

/// One customer has a whole /64 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
    }
}

pub(super) async fn limit(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    // A proxy, or someone trying Motet out.
    let is_local = peer.ip().to_canonical().is_loopback();
    if is_local || app.connects.takes(peer.ip(), Instant::now()) {
        return next.run(request).await;
    }
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "10")], "too many connections from this address\n")
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_its_share_and_others_have_theirs() {
        let rate = Rate::new(Some(2));
        let now = Instant::now();
        let [a, b] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse().unwrap());
        assert!(rate.takes(a, now) && rate.takes(a, now));
        assert!(!rate.takes(a, now));
        assert!(rate.takes(b, now));
        assert!(rate.takes(a, now + Duration::from_secs(31)), "time fills the bucket");
    }

    #[test]
    fn a_customer_of_ipv6_is_one_address() {
        let rate = Rate::new(Some(1));
        let now = Instant::now();
        assert!(rate.takes("2001:db8::1".parse().unwrap(), now));
        assert!(!rate.takes("2001:db8::2".parse().unwrap(), now));
        assert!(rate.takes("2001:db8:0:1::1".parse().unwrap(), now));
    }

    #[test]
    fn a_flood_of_addresses_is_forgotten() {
        let rate = Rate::new(Some(1));
        let now = Instant::now();
        for number in 0..3 * ADDRESSES_MAX as u32 {
            rate.takes(IpAddr::V4(number.into()), now);
        }
        assert!(rate.buckets.lock().unwrap().len() <= ADDRESSES_MAX);
    }
}
