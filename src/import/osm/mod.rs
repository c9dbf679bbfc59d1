//! OpenStreetMap extracts (PBF): the objects that a mapping selects are written as GeoJSON lines to a temporary file,
//! which is then imported like any file. Holds the selected objects in memory, never the whole extract. Reads the file
//! three times, as relations come after the ways they name, and ways after their nodes.

use super::progress::ImportProgress;
use crate::error::{Error, Result};
use geo_types::{Coord, LineString, Polygon};
use mapping::{OsmShape, OsmTags, TagMatch};
use osmpbf::{Element, ElementReader, RelMemberType};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

mod mapping; // which objects become which features
mod rings; // outlines from ways

pub use mapping::OsmMapping;
use rings::NodeRefs;

/// The first bytes of an extract: the length of a header, then its type.
#[must_use]
pub fn is_pbf(head: &[u8]) -> bool {
    head.get(6..15) == Some(b"OSMHeader")
}

/// Writes the features that a mapping selects. `open` opens the extract at its start.
///
/// # Errors
/// [`Error::Invalid`] at `name` when it cannot be read as an extract; [`Error::Refused`] when nothing is selected.
pub fn translate_extract(
    name: &str,
    open: impl Fn() -> Result<Box<dyn Read + Send>>,
    mapping: &OsmMapping,
    progress: &Arc<ImportProgress>,
) -> Result<tempfile::NamedTempFile> {
    let pass = |visit: &mut dyn FnMut(Element<'_>)| -> Result<()> {
        let mut stopped = Ok(());
        let reader = ElementReader::new(BufReader::new(open()?));
        // The library panics on some corrupt files.
        let read = catch_unwind(AssertUnwindSafe(|| {
            reader.for_each(|element| {
                if stopped.is_ok() {
                    stopped = progress.check_stopped();
                    visit(element);
                }
            })
        }));
        let corrupt = |why: &str| {
            let sentence =
                format!("This OpenStreetMap extract cannot be read{why}. It may be incomplete: download it again.");
            Err(Error::invalid(name, sentence))
        };
        match read {
            Ok(Ok(())) => stopped,
            Ok(Err(e)) => corrupt(&format!(" ({e})")),
            Err(_) => corrupt(""),
        }
    };
    let mut plan = ExtractPlan { mapping, relations: vec![], ways: HashMap::new(), chosen: vec![], nodes: vec![] };
    pass(&mut |e| plan.visit_relation(&e))?;
    pass(&mut |e| plan.visit_way(&e))?;
    plan.nodes.sort_unstable_by_key(|n| n.0);
    plan.nodes.dedup_by_key(|n| n.0);
    let file = tempfile::NamedTempFile::new().map_err(Error::internal)?;
    let mut out = GeoJsonLineWriter { lines: BufWriter::new(file), count: 0 };
    let mut written = Ok(());
    pass(&mut |e| {
        if let Err(e) = plan.visit_node(&e, &mut out) {
            written = Err(e);
        }
    })?;
    written?;
    plan.write_features(&mut out)?;
    if out.count == 0 {
        return Err(Error::Refused(format!(
            "{name} contains nothing for this collection. Nothing was imported. Check the extract and --into."
        )));
    }
    out.lines.into_inner().map_err(Error::internal)
}

/// The selected objects.
struct ExtractPlan<'m> {
    mapping: &'m OsmMapping,
    relations: Vec<AreaRelation>,
    /// Ways that are selected, or that a selected relation names.
    ways: HashMap<i64, NodeRefs>,
    /// Selected ways, in the order of the file.
    chosen: Vec<(i64, OsmTags)>,
    /// The nodes of those ways, with their places once they are read.
    nodes: Vec<(i64, Option<Coord<f64>>)>,
}

struct AreaRelation {
    id: i64,
    tags: OsmTags,
    outer: Vec<i64>,
    inner: Vec<i64>,
}

struct GeoJsonLineWriter {
    lines: BufWriter<tempfile::NamedTempFile>,
    count: u64,
}

impl ExtractPlan<'_> {
    fn visit_relation(&mut self, element: &Element<'_>) {
        let Element::Relation(relation) = element else { return };
        let tags = collect_tags(relation.tags());
        let is_area = tags.get("type").is_some_and(|t| t == "multipolygon" || t == "boundary");
        if !is_area || self.mapping.match_tags(&tags, &[OsmShape::Polygon]).is_none() {
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
        self.relations.push(AreaRelation { id: relation.id(), tags, outer, inner });
    }

    fn visit_way(&mut self, element: &Element<'_>) {
        let Element::Way(way) = element else { return };
        let tags = collect_tags(way.tags());
        let refs: NodeRefs = way.refs().collect();
        let chosen = self.mapping.match_tags(&tags, possible_shapes(&refs)).is_some();
        if !chosen && !self.ways.contains_key(&way.id()) {
            return;
        }
        self.nodes.extend(refs.iter().map(|n| (*n, None)));
        self.ways.insert(way.id(), refs);
        if chosen {
            self.chosen.push((way.id(), tags));
        }
    }

    fn visit_node(&mut self, element: &Element<'_>, out: &mut GeoJsonLineWriter) -> Result<()> {
        let (id, lon, lat, tags) = match element {
            Element::Node(n) => (n.id(), n.decimicro_lon(), n.decimicro_lat(), collect_tags(n.tags())),
            Element::DenseNode(n) => (n.id(), n.decimicro_lon(), n.decimicro_lat(), collect_tags(n.tags())),
            _ => return Ok(()),
        };
        // Dividing integers gives the doubles nearest to seven decimals.
        let place = Coord { x: f64::from(lon) / 1e7, y: f64::from(lat) / 1e7 };
        if let Ok(at) = self.nodes.binary_search_by_key(&id, |n| n.0) {
            self.nodes[at].1 = Some(place);
        }
        match self.mapping.match_tags(&tags, &[OsmShape::Point]) {
            Some(chosen) => {
                let point = json!({"type": "Point", "coordinates": [place.x, place.y]});
                out.write_feature("node", id, point, self.mapping, &tags, &chosen)
            }
            None => Ok(()),
        }
    }

    fn write_features(&self, out: &mut GeoJsonLineWriter) -> Result<()> {
        for (id, tags) in &self.chosen {
            let refs = &self.ways[id];
            let Some(chosen) = self.mapping.match_tags(tags, possible_shapes(refs)) else { continue };
            let closed_area =
                chosen.shapes.contains(&OsmShape::Polygon) && possible_shapes(refs).contains(&OsmShape::Polygon);
            if closed_area {
                let ring = self.build_ring(refs).map(|ring| vec![Polygon::new(ring, vec![])]);
                out.write_feature("way", *id, polygons_to_json(ring), self.mapping, tags, &chosen)?;
            } else if let Some(line) = self.longest_line(refs) {
                let line = json!({"type": "LineString", "coordinates": positions_to_json(&line)});
                out.write_feature("way", *id, line, self.mapping, tags, &chosen)?;
            }
        }
        for relation in &self.relations {
            let Some(chosen) = self.mapping.match_tags(&relation.tags, &[OsmShape::Polygon]) else { continue };
            let outline = self.build_outline(relation);
            out.write_feature(
                "relation",
                relation.id,
                polygons_to_json(outline),
                self.mapping,
                &relation.tags,
                &chosen,
            )?;
        }
        out.lines.flush().map_err(Error::internal)
    }

    fn build_outline(&self, relation: &AreaRelation) -> Option<Vec<Polygon<f64>>> {
        let rings = |ways: &[i64]| -> Option<Vec<LineString<f64>>> {
            let ways: Vec<NodeRefs> = ways.iter().map(|w| self.ways[w].clone()).collect();
            if ways.iter().any(Vec::is_empty) {
                return None;
            }
            rings::join_ways(&ways)?.iter().map(|ring| self.build_ring(ring)).collect()
        };
        rings::nest_rings(rings(&relation.outer)?, rings(&relation.inner)?)
    }

    /// `None` when a node is not in the extract.
    fn build_ring(&self, refs: &NodeRefs) -> Option<LineString<f64>> {
        refs.iter().map(|n| self.find_node(*n)).collect::<Option<Vec<_>>>().map(LineString::new)
    }

    /// The longest part whose nodes are all in the extract; `None` when there is none.
    fn longest_line(&self, refs: &NodeRefs) -> Option<LineString<f64>> {
        let places: Vec<Option<Coord<f64>>> = refs.iter().map(|n| self.find_node(*n)).collect();
        let longest = places.split(Option::is_none).max_by_key(|s| s.len())?;
        (longest.len() > 1).then(|| LineString::new(longest.iter().flatten().copied().collect()))
    }

    fn find_node(&self, node: i64) -> Option<Coord<f64>> {
        self.nodes.binary_search_by_key(&node, |n| n.0).ok().and_then(|at| self.nodes[at].1)
    }
}

impl GeoJsonLineWriter {
    fn write_feature(
        &mut self,
        kind: &str,
        id: i64,
        geometry: Json,
        mapping: &OsmMapping,
        tags: &OsmTags,
        chosen: &TagMatch<'_>,
    ) -> Result<()> {
        let properties = mapping.map_properties(tags, chosen.class);
        let feature =
            json!({"type": "Feature", "id": format!("{kind}-{id}"), "geometry": geometry, "properties": properties});
        self.count += 1;
        writeln!(self.lines, "{feature}").map_err(Error::internal)
    }
}

/// The shapes that a way can become: a closed one may be an area.
fn possible_shapes(refs: &NodeRefs) -> &'static [OsmShape] {
    if refs.len() > 3 && refs.first() == refs.last() { &[OsmShape::Line, OsmShape::Polygon] } else { &[OsmShape::Line] }
}

/// The outline as GeoJSON. One that could not be assembled is an empty polygon, which the import reports like any other
/// fault.
fn polygons_to_json(of: Option<Vec<Polygon<f64>>>) -> Json {
    let rings = |p: &Polygon<f64>| -> Vec<Json> {
        std::iter::once(p.exterior()).chain(p.interiors()).map(positions_to_json).collect()
    };
    match of.as_deref() {
        None => json!({"type": "Polygon", "coordinates": []}),
        Some([one]) => json!({"type": "Polygon", "coordinates": rings(one)}),
        Some(many) => {
            let all: Vec<_> = many.iter().map(rings).collect();
            json!({"type": "MultiPolygon", "coordinates": all})
        }
    }
}

fn positions_to_json(line: &LineString<f64>) -> Json {
    line.0.iter().map(|c| json!([c.x, c.y])).collect()
}

fn collect_tags<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> OsmTags {
    tags.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}
