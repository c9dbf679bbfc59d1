//! How often somebody may do something: a bucket each that fills again with time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many are remembered; beyond it, those whose bucket is full are forgotten first.
const MAX_BUCKETS: usize = 100_000;

/// One bucket for each key.
pub struct RateLimiter<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, TokenBucket>>,
}

#[derive(Debug, Clone, Copy)]
struct TokenBucket {
    tokens: f64,
    at: Instant,
}

impl<K: Hash + Eq> RateLimiter<K> {
    /// Lets `burst` through at once, and `per_second` in the long run.
    pub fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one; otherwise says how long until there is one.
    pub fn take_token(&self, key: K, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_BUCKETS && !buckets.contains_key(&key) {
            buckets.retain(|_, b| self.refilled_tokens(b, now) < self.burst);
            if buckets.len() >= MAX_BUCKETS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(TokenBucket { tokens: self.burst, at: now });
        *bucket = TokenBucket { tokens: self.refilled_tokens(bucket, now), at: now };
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Gives one back, for what turned out not to count.
    pub fn return_token(&self, key: &K) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        }
    }

    fn refilled_tokens(&self, bucket: &TokenBucket, now: Instant) -> f64 {
        (bucket.tokens + now.saturating_duration_since(bucket.at).as_secs_f64() * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let throttle = RateLimiter::new(2.0, 3.0);
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        assert!((0..3).all(|_| throttle.take_token("a", at(0)).is_ok()));
        assert_eq!(throttle.take_token("a", at(0)), Err(Duration::from_millis(500)));
        assert!(throttle.take_token("b", at(0)).is_ok(), "everybody has their own");
        assert!(throttle.take_token("a", at(500)).is_ok());
        assert!(throttle.take_token("a", at(500)).is_err());
        throttle.return_token(&"a");
        assert!(throttle.take_token("a", at(500)).is_ok());
        assert!((0..3).all(|_| throttle.take_token("a", at(60_000)).is_ok()), "full, and no fuller");
        assert!(throttle.take_token("a", at(60_000)).is_err());
    }
}
