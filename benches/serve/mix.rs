//! The mixes of requests: the same places for every server, each with its own address template.

use crate::city::{self, Random};
use crate::{ADDRESSES, ITEMS, data};

/// What is requested for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceKind {
    Tiles,
    Boxes,
    Polygons,
    Ids,
}

/// The values of a template's variables, such as `{z}`.
pub type PlaceValues = Vec<(&'static str, String)>;

/// A kind of request for many places.
pub struct RequestMix {
    pub name: &'static str,
    pub kind: PlaceKind,
    pub header: &'static str,
    /// Whether servers may answer from their caches.
    pub cached: bool,
}

pub const MIXES: [RequestMix; 9] = {
    const fn mix(name: &'static str, kind: PlaceKind, header: &'static str, cached: bool) -> RequestMix {
        RequestMix { name, kind, header, cached }
    }
    [
        mix("tiles z12–16, kept, gzip", PlaceKind::Tiles, "Accept-Encoding: gzip", true),
        mix("tiles z12–16, kept", PlaceKind::Tiles, "", true),
        mix("tiles z12–16, drawn each time", PlaceKind::Tiles, "", false),
        mix("pages of 100 by box, kept", PlaceKind::Boxes, "", true),
        mix("pages of 100 by box, found each time", PlaceKind::Boxes, "", false),
        mix("pages of 100 by polygon (CQL2), kept", PlaceKind::Polygons, "", true),
        mix("pages of 100 by polygon (CQL2), found each time", PlaceKind::Polygons, "", false),
        mix("one feature by id, kept", PlaceKind::Ids, "", true),
        mix("one feature by id, found each time", PlaceKind::Ids, "", false),
    ]
};

impl PlaceKind {
    /// The template of our server.
    pub fn ours(self) -> String {
        match self {
            Self::Tiles => "/tiles/features/{z}/{x}/{y}.mvt".to_owned(),
            Self::Boxes => format!("{ITEMS}?bbox={{bbox}}&limit=100&f=json"),
            Self::Polygons => {
                format!("{ITEMS}?filter=S_INTERSECTS(geometry,{{wkt}})&filter-lang=cql2-text&limit=100&f=json")
            }
            Self::Ids => format!("{ITEMS}/{{id}}?f=json"),
        }
    }

    /// The places, the same for the same number of features.
    pub fn places(self, count: i64) -> Vec<PlaceValues> {
        let r = &mut Random(11);
        let number = |name, n: u32| (name, n.to_string());
        match self {
            Self::Tiles => {
                let tiles = city::mix(ADDRESSES).into_iter();
                tiles.map(|t| vec![number("{z}", t.z().into()), number("{x}", t.x()), number("{y}", t.y())]).collect()
            }
            Self::Boxes => (0..ADDRESSES)
                .map(|_| city::bbox(r))
                .map(|b| format!("{:.6},{:.6},{:.6},{:.6}", b.west, b.south, b.east, b.north))
                .map(|b| vec![("{bbox}", b)])
                .collect(),
            Self::Polygons => (0..ADDRESSES)
                .map(|_| {
                    let within = city::bbox(r);
                    vec![("{wkt}", data::area(r, within))]
                })
                .collect(),
            Self::Ids => (0..ADDRESSES).map(|_| vec![number("{id}", 1 + r.below(count as usize) as u32)]).collect(),
        }
    }
}

/// The addresses of places on a server.
pub fn paths(template: &str, places: &[PlaceValues]) -> Vec<String> {
    let path = |place: &PlaceValues| place.iter().fold(template.to_owned(), |t, (name, value)| t.replace(name, value));
    places.iter().map(path).collect()
}
