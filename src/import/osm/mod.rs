//! OpenStreetMap extracts (PBF): what a mapping chooses is written as GeoJSON lines into a temporary file, which then goes the way of
//! any file. Keeps in memory what is chosen, never the whole extract; three times through the file, as relations come after the ways
//! they name, and ways after their nodes.

use super::Progress;
use crate::error::{Error, Result};
use geo_types::{Coord, LineString, Polygon};
use mapping::{Chosen, Shape, Tags};
use osmpbf::{Element, ElementReader, RelMemberType};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

mod mapping; // what is taken, and as what
mod rings; // outlines out of pieces

pub use mapping::Mapping;
use rings::Refs;

/// The first bytes of an extract: the length of a header, then its type.
#[must_use]
pub fn is_pbf(head: &[u8]) -> bool {
    head.get(6..15) == Some(b"OSMHeader")
}

/// Writes the features that a mapping chooses. `open` gives the extract from its start, each time.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it cannot be read as an extract.
pub fn translate(
    name: &str,
    open: impl Fn() -> Result<Box<dyn Read + Send>>,
    mapping: &Mapping,
    progress: &Arc<Progress>,
) -> Result<tempfile::NamedTempFile> {
    let pass = |visit: &mut dyn FnMut(Element<'_>)| -> Result<()> {
        let mut stopped = Ok(());
        let reader = ElementReader::new(BufReader::new(open()?));
        // The library gives up on some spoilt files by a panic.
        let read = catch_unwind(AssertUnwindSafe(|| {
            reader.for_each(|element| {
                if stopped.is_ok() {
                    stopped = progress.check();
                    visit(element);
                }
            })
        }));
        let spoilt = |why: &str| {
            let sentence =
                format!("This OpenStreetMap extract cannot be read{why}. It may have been cut off: download it again.");
            Err(Error::invalid(name, sentence))
        };
        match read {
            Ok(Ok(())) => stopped,
            Ok(Err(e)) => spoilt(&format!(" ({e})")),
            Err(_) => spoilt(""),
        }
    };
    let mut plan = Plan { mapping, relations: vec![], ways: HashMap::new(), chosen: vec![], nodes: vec![] };
    pass(&mut |e| plan.see_relation(&e))?;
    pass(&mut |e| plan.see_way(&e))?;
    plan.nodes.sort_unstable_by_key(|n| n.0);
    plan.nodes.dedup_by_key(|n| n.0);
    let file = tempfile::NamedTempFile::new().map_err(Error::internal)?;
    let mut out = Out { lines: BufWriter::new(file), count: 0 };
    let mut written = Ok(());
    pass(&mut |e| {
        if let Err(e) = plan.see_node(&e, &mut out) {
            written = Err(e);
        }
    })?;
    written?;
    plan.write(&mut out)?;
    if out.count == 0 {
        return Err(Error::Refused(format!("Nothing in {name} belongs into this collection. Nothing was imported.")));
    }
    out.lines.into_inner().map_err(Error::internal)
}

/// What is taken.
struct Plan<'m> {
    mapping: &'m Mapping,
    relations: Vec<Relation>,
    /// The ways that are chosen, or named by a relation that is.
    ways: HashMap<i64, Refs>,
    /// Chosen ways, in the order of the file.
    chosen: Vec<(i64, Tags)>,
    /// The nodes of those ways, with their places as soon as they are known.
    nodes: Vec<(i64, Option<Coord<f64>>)>,
}

struct Relation {
    id: i64,
    tags: Tags,
    outer: Vec<i64>,
    inner: Vec<i64>,
}

struct Out {
    lines: BufWriter<tempfile::NamedTempFile>,
    count: u64,
}

impl Plan<'_> {
    fn see_relation(&mut self, element: &Element<'_>) {
        let Element::Relation(relation) = element else { return };
        let tags = owned(relation.tags());
        let is_area = tags.get("type").is_some_and(|t| t == "multipolygon" || t == "boundary");
        if !is_area || self.mapping.choose(&tags, &[Shape::Polygon]).is_none() {
            return;
        }
        let (mut outer, mut inner) = (vec![], vec![]);
        for member in relation.members().filter(|m| m.member_type == RelMemberType::Way) {
            match member.role() {
                Ok("inner") => inner.push(member.member_id),
                Ok("outer" | "") => outer.push(member.member_id),
                _ => {}
            }
        }
        for way in outer.iter().chain(&inner) {
            self.ways.insert(*way, vec![]);
        }
        self.relations.push(Relation { id: relation.id(), tags, outer, inner });
    }

    fn see_way(&mut self, element: &Element<'_>) {
        let Element::Way(way) = element else { return };
        let tags = owned(way.tags());
        let refs: Refs = way.refs().collect();
        let chosen = self.mapping.choose(&tags, possible(&refs)).is_some();
        if !chosen && !self.ways.contains_key(&way.id()) {
            return;
        }
        self.nodes.extend(refs.iter().map(|n| (*n, None)));
        self.ways.insert(way.id(), refs);
        if chosen {
            self.chosen.push((way.id(), tags));
        }
    }

    fn see_node(&mut self, element: &Element<'_>, out: &mut Out) -> Result<()> {
        let (id, lon, lat, tags) = match element {
            Element::Node(n) => (n.id(), n.decimicro_lon(), n.decimicro_lat(), owned(n.tags())),
            Element::DenseNode(n) => (n.id(), n.decimicro_lon(), n.decimicro_lat(), owned(n.tags())),
            _ => return Ok(()),
        };
        // Whole numbers divided are the nearest doubles to seven decimals.
        let place = Coord { x: f64::from(lon) / 1e7, y: f64::from(lat) / 1e7 };
        if let Ok(at) = self.nodes.binary_search_by_key(&id, |n| n.0) {
            self.nodes[at].1 = Some(place);
        }
        match self.mapping.choose(&tags, &[Shape::Point]) {
            Some(chosen) => {
                let point = json!({"type": "Point", "coordinates": [place.x, place.y]});
                out.feature("node", id, point, self.mapping, &tags, &chosen)
            }
            None => Ok(()),
        }
    }

    fn write(&self, out: &mut Out) -> Result<()> {
        for (id, tags) in &self.chosen {
            let refs = &self.ways[id];
            let Some(chosen) = self.mapping.choose(tags, possible(refs)) else { continue };
            let closed_area = chosen.shapes.contains(&Shape::Polygon) && possible(refs).contains(&Shape::Polygon);
            if closed_area {
                let ring = self.ring(refs).map(|ring| vec![Polygon::new(ring, vec![])]);
                out.feature("way", *id, polygons(ring), self.mapping, tags, &chosen)?;
            } else if let Some(line) = self.longest(refs) {
                let line = json!({"type": "LineString", "coordinates": positions(&line)});
                out.feature("way", *id, line, self.mapping, tags, &chosen)?;
            }
        }
        for relation in &self.relations {
            let Some(chosen) = self.mapping.choose(&relation.tags, &[Shape::Polygon]) else { continue };
            let outline = self.outline(relation);
            out.feature("relation", relation.id, polygons(outline), self.mapping, &relation.tags, &chosen)?;
        }
        out.lines.flush().map_err(Error::internal)
    }

    fn outline(&self, relation: &Relation) -> Option<Vec<Polygon<f64>>> {
        let rings = |ways: &[i64]| -> Option<Vec<LineString<f64>>> {
            let ways: Vec<Refs> = ways.iter().map(|w| self.ways[w].clone()).collect();
            if ways.iter().any(Vec::is_empty) {
                return None;
            }
            rings::join(&ways)?.iter().map(|ring| self.ring(ring)).collect()
        };
        rings::nest(rings(&relation.outer)?, rings(&relation.inner)?)
    }

    /// `None` when a node is not in the extract.
    fn ring(&self, refs: &Refs) -> Option<LineString<f64>> {
        refs.iter().map(|n| self.place(*n)).collect::<Option<Vec<_>>>().map(LineString::new)
    }

    /// The longest stretch whose nodes are all in the extract; `None` when there is none.
    fn longest(&self, refs: &Refs) -> Option<LineString<f64>> {
        let places: Vec<Option<Coord<f64>>> = refs.iter().map(|n| self.place(*n)).collect();
        let stretch = places.split(Option::is_none).max_by_key(|s| s.len())?;
        (stretch.len() > 1).then(|| LineString::new(stretch.iter().flatten().copied().collect()))
    }

    fn place(&self, node: i64) -> Option<Coord<f64>> {
        self.nodes.binary_search_by_key(&node, |n| n.0).ok().and_then(|at| self.nodes[at].1)
    }
}

impl Out {
    fn feature(
        &mut self,
        kind: &str,
        id: i64,
        geometry: Json,
        mapping: &Mapping,
        tags: &Tags,
        chosen: &Chosen<'_>,
    ) -> Result<()> {
        let properties = mapping.properties(tags, chosen.class);
        let feature =
            json!({"type": "Feature", "id": format!("{kind}-{id}"), "geometry": geometry, "properties": properties});
        self.count += 1;
        writeln!(self.lines, "{feature}").map_err(Error::internal)
    }
}

/// What a way can become: a closed one may be an area.
fn possible(refs: &Refs) -> &'static [Shape] {
    if refs.len() > 3 && refs.first() == refs.last() { &[Shape::Line, Shape::Polygon] } else { &[Shape::Line] }
}

/// The outline as GeoJSON. One that could not be put together is an empty polygon: the import then tells of it as of any other fault.
fn polygons(of: Option<Vec<Polygon<f64>>>) -> Json {
    let rings =
        |p: &Polygon<f64>| -> Vec<Json> { std::iter::once(p.exterior()).chain(p.interiors()).map(positions).collect() };
    match of.as_deref() {
        None => json!({"type": "Polygon", "coordinates": []}),
        Some([one]) => json!({"type": "Polygon", "coordinates": rings(one)}),
        Some(many) => {
            let all: Vec<_> = many.iter().map(rings).collect();
            json!({"type": "MultiPolygon", "coordinates": all})
        }
    }
}

fn positions(line: &LineString<f64>) -> Json {
    line.0.iter().map(|c| json!([c.x, c.y])).collect()
}

fn owned<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Tags {
    tags.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}
