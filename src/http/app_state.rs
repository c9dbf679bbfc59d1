//! What every handler can reach: the open plan, the configuration, and what the server shares between requests.

use super::client_limits::{ClientKey, LoginLimiter};
use super::client_quota::ClientQuota;
use super::connection_counts::ConnectionCounts;
use super::fair_queue::JobOwner;
use super::imports::ImportRegistry;
use super::rate_limiter::KeyedRateLimiter;
use super::request_counts::RequestCounts;
use super::request_id::RequestIdSource;
use super::request_log::RequestLog;
use super::response_cache::ResponseCache;
use super::security_headers::SecurityHeaders;
use super::web_app::WebApp;
use super::worker_pool::WorkerPool;
use crate::access::{AccessCredential, Viewer};
use crate::atlas::Atlas;
use crate::config::{Config, ServerLimits};
use crate::error::Result;
use std::sync::Arc;

/// The most memory that reading workbooks of editors may take at once.
const MAX_IMPORT_WORK_BYTES: usize = 768 << 20;

pub struct AppState {
    pub(super) atlas: Arc<Atlas>,
    pub(super) config: Config,
    pub(super) pool: WorkerPool,
    /// Verifies passwords: a small pool, because each hash takes a tenth of a second and much memory.
    pub(super) password_pool: WorkerPool,
    /// Reads the file of accounts, which another program may have locked; nothing else waits for it.
    pub(super) account_pool: WorkerPool,
    /// Reads files that editors bring in, which takes longer than a page, so that pages do not wait for it.
    pub(super) import_pool: WorkerPool,
    pub(super) imports: Arc<ImportRegistry>,
    pub(super) login_limiter: LoginLimiter,
    /// The rate that each client may send requests at.
    pub(super) request_limiter: Option<KeyedRateLimiter<ClientKey>>,
    pub(super) web_app: WebApp,
    pub(super) security_headers: SecurityHeaders,
    pub(super) request_counts: RequestCounts,
    pub(super) request_ids: RequestIdSource,
    pub(super) request_log: Arc<RequestLog>,
    pub(super) connections: Arc<ConnectionCounts>,
    /// Memory for request bodies.
    pub(super) body_memory: Arc<ClientQuota>,
    /// Open event streams.
    pub(super) listeners: Arc<ClientQuota>,
    pub(super) response_cache: ResponseCache,
}

impl AppState {
    pub fn new(atlas: Arc<Atlas>, config: Config) -> Self {
        let limits = &config.limits;
        Self {
            pool: WorkerPool::new(limits),
            password_pool: WorkerPool::new(&ServerLimits { max_running: 2, max_waiting: 32, ..limits.clone() }),
            account_pool: WorkerPool::new(&ServerLimits { max_running: 2, max_waiting: 256, ..limits.clone() }),
            import_pool: WorkerPool::new(&ServerLimits {
                max_running: 2,
                max_waiting: limits.imports,
                deadline: limits.import_deadline,
                work_bytes: MAX_IMPORT_WORK_BYTES,
                total_work_bytes: MAX_IMPORT_WORK_BYTES,
                ..limits.clone()
            }),
            imports: ImportRegistry::new(limits),
            login_limiter: LoginLimiter::new(),
            request_limiter: limits
                .requests_per_second
                .map(|per_second| KeyedRateLimiter::new(per_second, limits.burst as u32)),
            web_app: WebApp::new(&config),
            security_headers: SecurityHeaders::new(&config),
            request_counts: RequestCounts::default(),
            request_ids: RequestIdSource::new(),
            request_log: Arc::default(),
            connections: Arc::default(),
            body_memory: ClientQuota::new(limits.total_body_bytes),
            listeners: ClientQuota::new(limits.listeners),
            response_cache: ResponseCache::new(limits.response_cache_bytes),
            atlas,
            config,
        }
    }

    /// The viewer that a credential stands for; `None` when it is invalid or has expired.
    ///
    /// # Errors
    /// [`Error::Busy`](crate::error::Error::Busy) when the file of accounts stays locked.
    pub async fn find_viewer(&self, credential: AccessCredential) -> Result<Option<Viewer>> {
        let Some(accounts) = self.atlas.accounts() else { return Ok(None) };
        if let Some(cached) = accounts.find_cached_viewer(&credential) {
            return Ok(cached);
        }
        let atlas = self.atlas.clone();
        let find = move || atlas.accounts().map_or(Ok(None), |accounts| accounts.find_viewer(&credential));
        self.account_pool.run(&JobOwner::server(), move |_| find()).await?
    }

    /// Whether the plan has an account or a token.
    ///
    /// # Errors
    /// As [`AppState::find_viewer`].
    pub async fn has_accounts(&self) -> Result<bool> {
        let atlas = self.atlas.clone();
        self.account_pool
            .run(&JobOwner::server(), move |_| atlas.accounts().map_or(Ok(false), |accounts| Ok(!accounts.is_empty()?)))
            .await?
    }
}
