//! On which terms an edit is asked for, out of its headers: `If-Match`, `Prefer`, `Content-Crs`, `Content-Type`.

use super::{ACCEPT_PATCH, ACCEPT_POST, Body, GEOJSON, MERGE_PATCH, json, matching};
use crate::atlas::{Act, Handling, Matching, Wish};
use crate::crs::Crs;
use crate::error::Error;
use crate::http::ask::Ask;
use crate::http::problem::Problem;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::Value as Json;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

pub struct Terms {
    pub matching: Option<Matching>,
    pub handling: Handling,
    /// Whether the client wants the feature back.
    pub representation: bool,
    pub crs: Crs,
    media: Option<String>,
    /// The preferences that are followed, as they are said back.
    applied: Vec<&'static str>,
}

impl Terms {
    /// Who may not write at all learns it here, before anything else.
    ///
    /// # Errors
    /// 403; 400 for parameters, which there are none of, and for a reference system that is not known here.
    pub fn of(ask: &Ask) -> Result<Self, Problem> {
        if ask.app.config.read_only {
            return Err(Error::Denied("This server only reads. Nothing can be changed here.".into()).into());
        }
        ask.atlas().may_write(ask.segment("collection"))?;
        ask.only(&[])?;
        Self::read(&ask.headers)
    }

    fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut terms = Self {
            matching: matching_of(headers),
            handling: Handling::Usual,
            representation: false,
            crs: content_crs(headers)?,
            media: headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).map(essence),
            applied: vec![],
        };
        for preference in preferences(headers) {
            match preference.as_str() {
                "handling=strict" => terms.prefer(Handling::Strict, "handling=strict"),
                "handling=lenient" => terms.prefer(Handling::Lenient, "handling=lenient"),
                "return=representation" => {
                    terms.representation = true;
                    terms.applied.push("return=representation");
                }
                "return=minimal" => terms.applied.push("return=minimal"),
                _ => {}
            }
        }
        Ok(terms)
    }

    fn prefer(&mut self, handling: Handling, name: &'static str) {
        // Of two that contradict each other the first is followed (RFC 7240, 2).
        if self.handling == Handling::Usual {
            self.handling = handling;
            self.applied.push(name);
        }
    }

    pub fn wish(&self, act: Act) -> Wish {
        Wish { at: String::new(), within: "", act, matching: self.matching.clone() }
    }

    /// The body of a create or replace.
    ///
    /// # Errors
    /// 415 for any other type, 400 for what is no JSON.
    pub fn geojson(&self, body: Body) -> Result<(Json, usize), Problem> {
        let known = [GEOJSON, "application/json", "application/vnd.geo+json"];
        self.expect(&known, ACCEPT_POST, GEOJSON)?;
        json(body)
    }

    /// The body of an update.
    ///
    /// # Errors
    /// As [`Self::geojson`].
    pub fn merge_patch(&self, body: Body) -> Result<(Json, usize), Problem> {
        self.expect(&[MERGE_PATCH, "application/json"], ACCEPT_PATCH, MERGE_PATCH)?;
        json(body)
    }

    /// # Errors
    /// As [`Self::geojson`].
    pub fn plain_json(&self, body: Body) -> Result<(Json, usize), Problem> {
        self.expect(&["application/json"], ACCEPT_POST, "application/json")?;
        json(body)
    }

    fn expect(&self, known: &[&str], name: HeaderName, wanted: &'static str) -> Result<(), Problem> {
        if self.media.as_deref().is_some_and(|m| known.contains(&m)) {
            return Ok(());
        }
        let given = self.media.as_deref().unwrap_or("nothing");
        let detail = format!("The Content-Type says {given}. Send {wanted}.");
        let headers = vec![(name, HeaderValue::from_static(wanted))];
        Err(Problem { headers, ..Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail) })
    }

    /// Says back which preferences were followed.
    pub fn applied(&self, mut response: Response) -> Response {
        if !self.applied.is_empty()
            && let Ok(value) = HeaderValue::from_str(&self.applied.join(", "))
        {
            response.headers_mut().insert(APPLIED, value);
        }
        response
    }
}

fn essence(media: &str) -> String {
    media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn matching_of(headers: &HeaderMap) -> Option<Matching> {
    let lines: Vec<&str> =
        headers.get_all(header::IF_MATCH).into_iter().map(|v| v.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| matching(&lines.join(",")))
}

/// `name=value` pairs, in small letters, without quotes and parameters (RFC 7240, 2).
fn preferences(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(PREFER).into_iter().filter_map(|v| v.to_str().ok());
    let all = lines.flat_map(|line| line.split(','));
    let plain = |p: &str| p.split(';').next().unwrap_or_default().replace([' ', '\t', '"'], "").to_ascii_lowercase();
    all.map(plain).filter(|p| !p.is_empty()).collect()
}

/// The standard writes the address in angle brackets; QGIS sends it bare.
fn content_crs(headers: &HeaderMap) -> Result<Crs, Problem> {
    let Some(value) = headers.get(CONTENT_CRS) else { return Ok(Crs::CRS84) };
    let text = value.to_str().unwrap_or_default().trim();
    let text = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')).unwrap_or(text);
    Crs::parse(text).map_err(|e| {
        let sentence = match e {
            Error::Invalid(invalid) => invalid.message,
            e => e.to_string(),
        };
        Error::invalid("Content-Crs", sentence).into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(pairs: &[(&'static str, &'static str)]) -> Result<Terms, Problem> {
        let pairs = pairs.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v)));
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value);
        }
        Terms::read(&headers)
    }

    #[test]
    fn preferences_are_read_however_they_are_written_and_the_first_of_two_wins() {
        for (lines, handling, applied) in [
            (&[("prefer", "handling=strict")][..], Handling::Strict, "handling=strict"),
            (&[("prefer", "respond-async, Handling = \"lenient\"; x=1")], Handling::Lenient, "handling=lenient"),
            (
                &[("prefer", "return=minimal"), ("prefer", "handling=lenient")],
                Handling::Lenient,
                "return=minimal, handling=lenient",
            ),
            (&[("prefer", "handling=strict, handling=lenient")], Handling::Strict, "handling=strict"),
            (&[("prefer", "handling=loose")], Handling::Usual, ""),
        ] {
            let terms = terms(lines).ok().unwrap();
            assert_eq!((terms.handling, terms.applied.join(", ").as_str()), (handling, applied), "{lines:?}");
        }
    }

    #[test]
    fn a_reference_system_is_read_with_and_without_angle_brackets() {
        let wanted = Crs::parse("http://www.opengis.net/def/crs/EPSG/0/3794").unwrap();
        for text in ["<http://www.opengis.net/def/crs/EPSG/0/3794>", "http://www.opengis.net/def/crs/EPSG/0/3794"] {
            assert_eq!(terms(&[("content-crs", text)]).ok().unwrap().crs, wanted);
        }
        assert_eq!(terms(&[]).ok().unwrap().crs, Crs::CRS84);
        assert!(terms(&[("content-crs", "http://www.opengis.net/def/crs/EPSG/0/1")]).is_err());
    }

    #[test]
    fn strong_tags_of_any_representation_match_and_weak_ones_never() {
        let states = |tags: &str| match matching(tags) {
            Matching::Any => vec!["*".to_owned()],
            Matching::States(states) => states,
        };
        assert_eq!(states("*"), ["*"]);
        assert_eq!(states("\"ab\""), ["ab"]);
        assert_eq!(states("\"ab-12\", W/\"cd\" ,\"ef\""), ["ab", "ef"]);
        assert_eq!(states("nonsense"), Vec::<String>::new());
    }
}
