//! The questions that are asked: the same places for every server, each by its own address template.

use crate::city::{self, Random};
use crate::{ADDRESSES, ITEMS, data};

/// What is asked for, wherever it lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Tiles,
    Boxes,
    Polygons,
    Ids,
}

/// What stands in a template: `{z}` and its value.
pub type Place = Vec<(&'static str, String)>;

/// A question of which many are asked.
pub struct Mix {
    pub name: &'static str,
    pub kind: Kind,
    pub header: &'static str,
    /// Whether a server may keep what it answered.
    pub kept: bool,
}

pub const MIXES: [Mix; 9] = {
    const fn mix(name: &'static str, kind: Kind, header: &'static str, kept: bool) -> Mix {
        Mix { name, kind, header, kept }
    }
    [
        mix("tiles z12–16, kept, gzip", Kind::Tiles, "Accept-Encoding: gzip", true),
        mix("tiles z12–16, kept", Kind::Tiles, "", true),
        mix("tiles z12–16, drawn each time", Kind::Tiles, "", false),
        mix("pages of 100 by box, kept", Kind::Boxes, "", true),
        mix("pages of 100 by box, found each time", Kind::Boxes, "", false),
        mix("pages of 100 by polygon (CQL2), kept", Kind::Polygons, "", true),
        mix("pages of 100 by polygon (CQL2), found each time", Kind::Polygons, "", false),
        mix("one feature by id, kept", Kind::Ids, "", true),
        mix("one feature by id, found each time", Kind::Ids, "", false),
    ]
};

impl Kind {
    /// Our own template.
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

    /// Where it is asked, the same for the same number of features.
    pub fn places(self, count: i64) -> Vec<Place> {
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

/// The addresses of these places on a server.
pub fn paths(template: &str, places: &[Place]) -> Vec<String> {
    let path = |place: &Place| place.iter().fold(template.to_owned(), |t, (name, value)| t.replace(name, value));
    places.iter().map(path).collect()
}
