//! Limits how often a client may do something: a token bucket for each client, counted by governor (GCRA).
//!
//! Only the store of the buckets is ours, 20 lines over moka, because governor's own keyed stores lack two things: a
//! bound on memory (they hold every key until `retain_recent` is called; here 100,000 clients at the most) and a way to
//! give a token back.

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use std::convert::Infallible;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

/// The most buckets; beyond it, the client that has been idle for the longest time gets a full one again.
const MAX_BUCKETS: u64 = 100_000;

/// A token bucket for each key.
pub struct KeyedRateLimiter<K: BucketKey, C: Clock = MonotonicClock> {
    limiter: RateLimiter<K, BucketStore<K>, C, NoOpMiddleware<C::Instant>>,
    buckets: BucketStore<K>,
    refill_interval: Duration,
}

/// The key of a bucket.
pub trait BucketKey: Hash + Eq + Clone + Send + Sync + 'static {}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> BucketKey for K {}

/// The buckets by key; a clone shares them.
#[derive(Clone)]
struct BucketStore<K>(Cache<K, Arc<InMemoryState>>);

impl<K: BucketKey> StateStore for BucketStore<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.get_with_by_ref(key, Arc::default).measure_and_replace(&NotKeyed::NonKey, decide)
    }
}

impl<K: BucketKey> KeyedRateLimiter<K> {
    /// Allows `burst` tokens at once, and `per_second` in the long run.
    pub fn new(per_second: f64, burst: u32) -> Self {
        Self::with_clock(per_second, burst, MonotonicClock)
    }
}

impl<K: BucketKey, C: Clock> KeyedRateLimiter<K, C> {
    fn with_clock(per_second: f64, burst: u32, clock: C) -> Self {
        let refill_interval = Duration::from_secs_f64((1.0 / per_second).clamp(1e-9, 1e9));
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(refill_interval).unwrap_or(Quota::per_second(burst)).allow_burst(burst);
        // A bucket that nobody has used for so long is full again, and a full bucket is the same as none.
        let idle =
            refill_interval.saturating_mul(burst.get()).clamp(Duration::from_secs(1), Duration::from_hours(24 * 365));
        let buckets =
            Cache::builder().max_capacity(MAX_BUCKETS).eviction_policy(EvictionPolicy::lru()).time_to_idle(idle);
        let buckets = BucketStore(buckets.build());
        Self { limiter: RateLimiter::new(quota, buckets.clone(), clock), buckets, refill_interval }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The time until there is one, if the bucket is empty.
    pub fn take_token(&self, key: &K) -> Result<(), Duration> {
        let now = self.limiter.clock().now();
        self.limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(now))
    }

    /// Gives a token back for an attempt that does not count.
    pub fn return_token(&self, key: &K) {
        let refill = Nanos::from(self.refill_interval);
        let earlier = |full_at: Option<Nanos>| Ok(((), full_at.unwrap_or_default().saturating_sub(refill)));
        let Ok(()) = self.buckets.measure_and_replace::<_, _, Infallible>(key, earlier);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let clock = FakeRelativeClock::default();
        let limiter = KeyedRateLimiter::with_clock(2.0, 3, clock.clone());
        assert!((0..3).all(|_| limiter.take_token(&"a").is_ok()));
        assert_eq!(limiter.take_token(&"a"), Err(Duration::from_millis(500)));
        assert!(limiter.take_token(&"b").is_ok(), "every client has a bucket of its own");
        clock.advance(Duration::from_millis(500));
        assert!(limiter.take_token(&"a").is_ok());
        assert!(limiter.take_token(&"a").is_err());
        limiter.return_token(&"a");
        assert!(limiter.take_token(&"a").is_ok());
        clock.advance(Duration::from_mins(1));
        assert!((0..3).all(|_| limiter.take_token(&"a").is_ok()), "full, and no fuller");
        assert!(limiter.take_token(&"a").is_err());
        (0..9).for_each(|_| limiter.return_token(&"a"));
        clock.advance(Duration::from_mins(1));
        assert!((0..3).all(|_| limiter.take_token(&"a").is_ok()), "full, and no fuller, whatever is given back");
        assert!(limiter.take_token(&"a").is_err());
    }

    #[test]
    fn a_flood_of_clients_takes_bounded_memory_and_frees_nobody_who_keeps_trying() {
        let limiter = KeyedRateLimiter::with_clock(0.001, 1, FakeRelativeClock::default());
        assert!(limiter.take_token(&0).is_ok());
        for client in 1..=2 * MAX_BUCKETS {
            assert!(limiter.take_token(&client).is_ok());
            if client.is_multiple_of(1000) {
                assert!(limiter.take_token(&0).is_err(), "after {client} others");
            }
        }
        limiter.buckets.0.run_pending_tasks();
        assert!(limiter.buckets.0.entry_count() <= MAX_BUCKETS);
    }
}
