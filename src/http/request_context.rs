//! A request, taken apart once for every handler: path segments, query parameters, format, the viewer's plan, and the
//! links of the response.

use super::app_state::AppState;
use super::client_limits::ClientKey;
use super::fair_queue::{JobKind, JobOwner};
use super::link::WebLink;
use super::negotiate;
use super::problem::ProblemDetails;
use super::request_id::RequestId;
use super::response_format::ResponseFormat;
use super::urls::{self, BaseUrl};
use crate::access::Viewer;
use crate::atlas::ViewerPlan;
use crate::error::Error;
use crate::suggestion::append_suggestion;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{HeaderMap, StatusCode, Uri, request::Parts};
use std::sync::Arc;

pub struct RequestContext {
    pub app: Arc<AppState>,
    pub headers: HeaderMap,
    base_url: BaseUrl,
    plan: ViewerPlan,
    client: Option<ClientKey>,
    request_id: Option<RequestId>,
    uri: Uri,
    path_segments: Vec<(String, String)>,
}

/// The parameters of the query string.
#[derive(Clone)]
pub struct QueryPairs {
    /// The requested format.
    pub f: Option<String>,
    pub rest: Vec<(String, String)>,
}

impl FromRequestParts<Arc<AppState>> for RequestContext {
    type Rejection = ProblemDetails;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<AppState>) -> Result<Self, ProblemDetails> {
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| {
            ProblemDetails::new(
                StatusCode::BAD_REQUEST,
                "The path is not percent-encoded UTF-8. Encode it and try again.",
            )
        })?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let Ok(viewer) = Viewer::from_request_parts(parts, app).await;
        let headers = std::mem::take(&mut parts.headers);
        // The middleware has worked it out for itself.
        let base_url = parts.extensions.remove::<BaseUrl>();
        let base_url = base_url.unwrap_or_else(|| BaseUrl::from_request(&app.config, &headers));
        Ok(Self {
            app: app.clone(),
            headers,
            base_url,
            plan: app.atlas.plan_for_viewer(&viewer),
            client: parts.extensions.remove::<ClientKey>(),
            request_id: parts.extensions.remove::<RequestId>(),
            uri: parts.uri.clone(),
            path_segments: path,
        })
    }
}

impl RequestContext {
    /// The plan as the viewer may see it.
    pub fn plan(&self) -> &ViewerPlan {
        &self.plan
    }

    /// The address that every link of the response begins with.
    pub fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The viewer who sends the request.
    pub fn viewer(&self) -> &Viewer {
        self.plan.viewer()
    }

    /// The client who sends the request; `None` for a caller in this process.
    pub fn client(&self) -> Option<&ClientKey> {
        self.client.as_ref()
    }

    /// Whose job it is to answer this request.
    pub fn job_owner(&self, kind: JobKind) -> JobOwner {
        JobOwner { client: self.client.clone(), kind }
    }

    /// The id that the log knows the request by.
    pub fn request_id(&self) -> Option<&RequestId> {
        self.request_id.as_ref()
    }

    /// A segment of the path, by its name in the route.
    pub fn path_segment(&self, name: &str) -> &str {
        self.path_segments.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    /// Path and query as the client wrote them.
    pub fn path_and_query(&self) -> &str {
        self.uri.path_and_query().map_or("", |p| p.as_str())
    }

    pub fn query_string(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// # Errors
    /// 400 for text that is not percent-encoded UTF-8, and for `f` given twice.
    pub fn parse_pairs(&self) -> Result<QueryPairs, ProblemDetails> {
        let all = urls::parse_query_string(self.query_string())
            .map_err(|name| Error::invalid(name, "The value is not percent-encoded UTF-8. Encode it and try again."))?;
        let (mut f, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| name == "f");
        if f.len() > 1 {
            return Err(Error::invalid("f", "This parameter is given twice. Give it once.").into());
        }
        Ok(QueryPairs { f: f.pop().map(|(_, value)| value), rest })
    }

    /// The parameters of a resource that has only `f` and these, each at most once.
    ///
    /// # Errors
    /// 400 for any other.
    pub fn parse_known_pairs(&self, known: &[&str]) -> Result<QueryPairs, ProblemDetails> {
        let pairs = self.parse_pairs()?;
        pairs.check_names(known)?;
        Ok(pairs)
    }

    /// The format that the client prefers among these.
    pub fn negotiate_format<'a>(
        &self,
        forms: &[&'a ResponseFormat],
        pairs: &QueryPairs,
    ) -> Result<&'a ResponseFormat, ProblemDetails> {
        negotiate::choose_format(forms, pairs.f.as_deref(), &self.headers)
    }

    /// `self` and `alternate` links: this address in the chosen format, and in every other.
    pub fn alternates(&self, forms: &[&ResponseFormat], chosen: &ResponseFormat, pairs: &QueryPairs) -> Vec<WebLink> {
        let address = |form: &ResponseFormat| {
            let others = pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            self.base_url.with_path(&format!(
                "{}{}",
                self.uri.path(),
                urls::format_query(others.chain([("f", form.names[0])]))
            ))
        };
        let link = |form: &ResponseFormat| {
            let rel = if form == chosen { "self" } else { "alternate" };
            WebLink::new(rel, address(form), form.media).with_title(form.title)
        };
        let mut links: Vec<WebLink> = forms.iter().map(|form| link(form)).collect();
        links.sort_by_key(|l| l.rel != "self");
        links
    }
}

impl QueryPairs {
    /// Refuses parameters other than these, and one that is given twice.
    ///
    /// # Errors
    /// 400 for the first of them.
    pub fn check_names(&self, known: &[&str]) -> Result<(), Error> {
        for (i, (name, _)) in self.rest.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let names = known.iter().copied().chain(["f"]);
                let message = append_suggestion("There is no such parameter here.".to_owned(), name, names);
                let at: String = name.chars().take(60).collect();
                return Err(Error::invalid(at, message));
            }
            if self.rest[..i].iter().any(|(n, _)| n == name) {
                return Err(Error::invalid(name.as_str(), "This parameter is given twice. Give it once."));
            }
        }
        Ok(())
    }

    /// Refuses parameters that have no meaning for a resource.
    ///
    /// # Errors
    /// 400 with this sentence for the first of them that is given.
    pub fn reject(&self, names: &[&str], sentence: &str) -> Result<(), Error> {
        match self.rest.iter().find(|(name, _)| names.contains(&name.as_str())) {
            Some((name, _)) => Err(Error::invalid(name.as_str(), sentence)),
            None => Ok(()),
        }
    }
}
