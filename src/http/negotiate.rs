//! Content negotiation: the parameter `f` first, then `Accept` and `Accept-Encoding` with their weights (RFC 9110,
//! 12.5).

use super::problem::ProblemDetails;
use super::response_format::{JSON, ResponseFormat};
use crate::atlas::ContentCoding;
use axum::http::{HeaderMap, StatusCode, header};

/// Chooses one of the formats; the first is the default.
///
/// # Errors
/// 400 for an unknown `f`, 406 when the client accepts none of them.
pub fn choose_format<'a>(
    forms: &[&'a ResponseFormat],
    f: Option<&str>,
    headers: &HeaderMap,
) -> Result<&'a ResponseFormat, ProblemDetails> {
    if let Some(f) = f {
        let known = forms.iter().find(|form| form.names.contains(&f));
        return known.copied().ok_or_else(|| {
            let names: Vec<&str> = forms.iter().map(|form| form.names[0]).collect();
            let detail = format!(
                "The format '{}' is not available here. Choose one of: {}.",
                f.chars().take(40).collect::<String>(),
                names.join(", ")
            );
            ProblemDetails { at: "f".into(), ..ProblemDetails::new(StatusCode::BAD_REQUEST, detail) }
        });
    }
    let ranges: Vec<(&str, f32)> = parse_ranges(headers, header::ACCEPT.as_str()).collect();
    if ranges.is_empty() {
        return Ok(forms[0]);
    }
    let mut best: Option<(&ResponseFormat, f32)> = None;
    for form in forms {
        let weight = weigh_format(form, &ranges);
        if weight > best.map_or(0.0, |(_, w)| w) {
            best = Some((form, weight));
        }
    }
    best.map(|(form, _)| form).ok_or_else(|| {
        let media: Vec<&str> = forms.iter().map(|form| form.media).collect();
        let detail =
            format!("None of the available formats matches the Accept header. Accept one of: {}.", media.join(", "));
        ProblemDetails::new(StatusCode::NOT_ACCEPTABLE, detail)
    })
}

/// Whether the client prefers pages to data: it names HTML and weighs it above JSON.
pub fn prefers_html(headers: &HeaderMap) -> bool {
    let ranges: Vec<(&str, f32)> = parse_ranges(headers, header::ACCEPT.as_str()).collect();
    let html = ranges.iter().find(|(r, _)| *r == "text/html").map_or(0.0, |(_, w)| *w);
    html > 0.0 && html > weigh_format(&JSON, &ranges)
}

/// Whether the client accepts gzip (RFC 9110, 12.5.3).
pub fn accepts_gzip(headers: &HeaderMap) -> bool {
    accepts_coding(headers, &["gzip", "x-gzip"])
}

/// Whether the client accepts brotli (RFC 7932).
pub fn accepts_brotli(headers: &HeaderMap) -> bool {
    accepts_coding(headers, &["br"])
}

fn accepts_coding(headers: &HeaderMap, names: &[&str]) -> bool {
    let mut any = None;
    for (coding, weight) in parse_ranges(headers, header::ACCEPT_ENCODING.as_str()) {
        if names.contains(&coding) {
            return weight > 0.0;
        }
        if coding == "*" {
            any = Some(weight > 0.0);
        }
    }
    any.unwrap_or(false)
}

/// The content coding that the client prefers; brotli if it accepts brotli and gzip equally.
pub fn choose_coding(headers: &HeaderMap) -> ContentCoding {
    let (mut br, mut gzip, mut any) = (None, None, None);
    for (coding, weight) in parse_ranges(headers, header::ACCEPT_ENCODING.as_str()) {
        match coding {
            "br" => br = Some(weight),
            "gzip" | "x-gzip" => gzip = Some(weight),
            "*" => any = Some(weight),
            _ => {}
        }
    }
    let weight_of = |named: Option<f32>| named.or(any).unwrap_or(0.0);
    match (weight_of(br), weight_of(gzip)) {
        (br, gzip) if br > 0.0 && br >= gzip => ContentCoding::Brotli,
        (_, gzip) if gzip > 0.0 => ContentCoding::Gzip,
        _ => ContentCoding::Identity,
    }
}

/// The weight that the most specific matching range gives to any type of this format.
fn weigh_format(form: &ResponseFormat, ranges: &[(&str, f32)]) -> f32 {
    let of = |media: &str| {
        let essence = media.split(';').next().unwrap_or_default();
        let kind = essence.split('/').next().unwrap_or_default();
        let specificity = |range: &str| {
            if range.eq_ignore_ascii_case(essence) {
                Some(2)
            } else if range.strip_suffix("/*").is_some_and(|r| r.eq_ignore_ascii_case(kind)) {
                Some(1)
            } else {
                (range == "*/*" || range == "*").then_some(0)
            }
        };
        ranges
            .iter()
            .filter_map(|(range, w)| Some((specificity(range)?, *w)))
            .max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
    };
    let types = std::iter::once(form.media).chain(form.other_media.iter().copied());
    types.filter_map(of).max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map_or(0.0, |(_, w)| w)
}

/// The ranges of a header with their weights, without other parameters; unreadable ones are skipped.
fn parse_ranges<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = (&'a str, f32)> {
    let lines = headers.get_all(name).into_iter().filter_map(|v| v.to_str().ok());
    lines.flat_map(|line| line.split(',')).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let range = parts.next().filter(|r| !r.is_empty())?;
        let weight = parts.find_map(|p| p.strip_prefix("q=").or_else(|| p.strip_prefix("Q=")));
        Some((range, weight.map_or(1.0, |q| q.parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::response_format::{GEOJSON, HTML};
    use axum::http::HeaderValue;

    fn chosen(accept: &'static str) -> Option<&'static str> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
        choose_format(&[&GEOJSON, &HTML], None, &headers).ok().map(|form| form.names[0])
    }

    #[test]
    fn the_acceptable_format_of_the_highest_weight_is_chosen() {
        for (accept, form) in [
            ("", Some("json")),
            ("*/*", Some("json")),
            ("application/geo+json, application/json", Some("json")),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Some("html")),
            ("application/json;q=0.5, text/html;q=0.4", Some("json")),
            ("application/json;q=0.1, text/*;q=0.4", Some("html")),
            ("text/html;q=0, */*", Some("json")),
            ("image/png", None),
            ("application/geo+json;q=0, application/json;q=0, image/png", None),
            ("APPLICATION/JSON", Some("json")),
        ] {
            assert_eq!(chosen(accept), form, "{accept}");
        }
    }

    #[test]
    fn gzip_is_sent_only_to_clients_that_accept_it() {
        for (header, accepts) in [
            ("gzip, br", true),
            ("br", false),
            ("gzip;q=0", false),
            ("*", true),
            ("*;q=0, gzip", true),
            ("", false),
            ("identity", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(header))]);
            assert_eq!(accepts_gzip(&headers), accepts, "{header}");
        }
    }

    #[test]
    fn a_response_has_the_coding_that_its_client_prefers() {
        for (header, wanted) in [
            ("gzip, deflate, br, zstd", ContentCoding::Brotli),
            ("gzip", ContentCoding::Gzip),
            ("br;q=0.5, gzip;q=0.8", ContentCoding::Gzip),
            ("br;q=0, *", ContentCoding::Gzip),
            ("*", ContentCoding::Brotli),
            ("identity", ContentCoding::Identity),
            ("", ContentCoding::Identity),
            ("gzip;q=0, br;q=0", ContentCoding::Identity),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(header))]);
            assert_eq!(choose_coding(&headers), wanted, "{header}");
        }
    }

    #[test]
    fn a_browser_prefers_pages_and_a_program_does_not() {
        let prefers =
            |accept| prefers_html(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]));
        assert!(prefers("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(!prefers("*/*"));
        assert!(!prefers("application/json"));
        assert!(!prefers_html(&HeaderMap::new()));
    }
}
