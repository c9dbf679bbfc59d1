//! What a request asks, taken out of HTTP once for every handler: path, pairs, wished form, and the addresses of the answer.

use super::App;
use super::link::Link;
use super::negotiate::{self, Form};
use super::problem::Problem;
use super::urls::{self, Base};
use crate::access::Viewer;
use crate::atlas::Seen;
use crate::error::Error;
use crate::query::closest;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::{HeaderMap, StatusCode, Uri, request::Parts};
use std::sync::Arc;

pub struct Ask {
    pub app: Arc<App>,
    pub headers: HeaderMap,
    atlas: Seen,
    uri: Uri,
    path: Vec<(String, String)>,
}

/// The pairs of the query string, without those that the door itself reads.
pub struct Pairs {
    /// The wished form.
    pub f: Option<String>,
    pub rest: Vec<(String, String)>,
}

impl FromRequestParts<Arc<App>> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = RawPathParams::from_request_parts(parts, app).await.map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "The path is not percent-encoded UTF-8. Encode it and ask again.")
        })?;
        let path = path.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let Ok(viewer) = Viewer::from_request_parts(parts, app).await;
        let headers = std::mem::take(&mut parts.headers);
        Ok(Self { app: app.clone(), headers, atlas: app.atlas.seen_by(&viewer), uri: parts.uri.clone(), path })
    }
}

impl Ask {
    /// The plan as whoever asks may see it.
    pub fn atlas(&self) -> &Seen {
        &self.atlas
    }

    pub fn base(&self) -> Base {
        Base::of(&self.app.config, &self.headers)
    }

    /// Who asks.
    pub fn viewer(&self) -> &Viewer {
        self.atlas.viewer()
    }

    /// A segment of the path by its name in the route.
    pub fn segment(&self, name: &str) -> &str {
        self.path.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn query_string(&self) -> &str {
        self.uri.query().unwrap_or_default()
    }

    /// # Errors
    /// 400 for text that is not percent-encoded UTF-8, and for `f` given twice.
    pub fn pairs(&self) -> Result<Pairs, Problem> {
        let all = urls::pairs(self.query_string())
            .map_err(|name| Error::invalid(name, "The value is not percent-encoded UTF-8. Encode it and ask again."))?;
        let (mut f, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|(name, _)| name == "f");
        if f.len() > 1 {
            return Err(Error::invalid("f", "This parameter is given twice. Give it once.").into());
        }
        Ok(Pairs { f: f.pop().map(|(_, value)| value), rest })
    }

    /// The pairs of a resource that has no parameters but `f` and these, each at most once.
    ///
    /// # Errors
    /// 400 for any other.
    pub fn only(&self, known: &[&str]) -> Result<Pairs, Problem> {
        let pairs = self.pairs()?;
        for (i, (name, _)) in pairs.rest.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let names = known.iter().copied().chain(["f"]);
                let hint = closest(name, names).map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
                let at: String = name.chars().take(60).collect();
                return Err(Error::invalid(at, format!("There is no such parameter here.{hint}")).into());
            }
            if pairs.rest[..i].iter().any(|(n, _)| n == name) {
                return Err(Error::invalid(name.as_str(), "This parameter is given twice. Give it once.").into());
            }
        }
        Ok(pairs)
    }

    /// Refuses parameters that have no meaning here.
    ///
    /// # Errors
    /// 400 for the first of these that is given.
    pub fn without(&self, names: &[&str]) -> Result<(), Problem> {
        match self.pairs()?.rest.iter().find(|(name, _)| names.contains(&name.as_str())) {
            Some((name, _)) => {
                Err(Error::invalid(name.as_str(), "This address gives everything at once. Leave the parameter out.")
                    .into())
            }
            None => Ok(()),
        }
    }

    /// The form that is wished among these.
    pub fn form<'a>(&self, forms: &[&'a Form], pairs: &Pairs) -> Result<&'a Form, Problem> {
        negotiate::choose(forms, pairs.f.as_deref(), &self.headers)
    }

    /// `self` and `alternate` links: this address in the form chosen, and in every other.
    pub fn twins(&self, forms: &[&Form], chosen: &Form, pairs: &Pairs) -> Vec<Link> {
        let base = self.base();
        let address = |form: &Form| {
            let others = pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str()));
            base.url(&format!("{}{}", self.uri.path(), urls::query(others.chain([("f", form.names[0])]))))
        };
        let link = |form: &Form| {
            let rel = if form == chosen { "self" } else { "alternate" };
            Link::new(rel, address(form), form.media).titled(form.title)
        };
        let mut links: Vec<Link> = forms.iter().map(|form| link(form)).collect();
        links.sort_by_key(|l| l.rel != "self");
        links
    }
}
