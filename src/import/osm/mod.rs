//! OpenStreetMap extracts (PBF): the objects that a mapping selects are written as GeoJSON lines to a temporary file,
//! which is then imported like any file. Holds the selected objects in memory, never the whole extract. Reads the file
//! three times, as relations come after the ways they name, and ways after their nodes.

use super::progress::ImportProgress;
use crate::error::{Error, Result};
use geo_types::{LineString, Polygon};
use mapping::{OsmShape, OsmTags, TagMatch};
use osmpbf::{BlobReader, Element, ElementReader, RelMemberType};
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

mod extract_fault; // what is wrong with objects of an extract
mod mapping; // which objects become which features
mod outline; // areas from ways
mod segment_graph; // the borders of an area

pub use extract_fault::{ExtractFault, ExtractFaults};
pub use mapping::OsmMapping;
use outline::assemble_polygons;
use segment_graph::{OsmPoint, to_degrees};

/// A way as the ids of its nodes.
type NodeRefs = Vec<i64>;

/// The first bytes of an extract: the length of a header, then its type.
#[must_use]
pub fn is_pbf(head: &[u8]) -> bool {
    head.get(6..15) == Some(b"OSMHeader")
}

/// The features of an extract as GeoJSON lines, and what is wrong with some of them.
pub struct TranslatedExtract {
    pub lines: tempfile::NamedTempFile,
    pub faults: ExtractFaults,
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
) -> Result<TranslatedExtract> {
    refuse_history(name, open()?)?;
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
    plan.nodes.sort_unstable_by_key(|n| (n.0, n.1.is_none()));
    plan.nodes.dedup_by_key(|n| n.0);
    let file = tempfile::NamedTempFile::new().map_err(Error::internal)?;
    let mut out = GeoJsonLineWriter { lines: BufWriter::new(file), count: 0, faults: ExtractFaults::new() };
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
    let lines = out.lines.into_inner().map_err(Error::internal)?;
    Ok(TranslatedExtract { lines, faults: out.faults })
}

/// Refuses a file with all versions of each object: it has no features, but what they were at many times.
fn refuse_history(name: &str, input: Box<dyn Read + Send>) -> Result<()> {
    let mut blobs = BlobReader::new(BufReader::new(input));
    // The reading that follows tells what is corrupt.
    let header = catch_unwind(AssertUnwindSafe(|| blobs.next()?.ok()?.to_headerblock().ok())).unwrap_or_default();
    if header.is_some_and(|h| h.required_features().iter().any(|feature| feature == "HistoricalInformation")) {
        return Err(Error::Refused(format!(
            "{name} has the history of its objects. Take their state at one time first: osmium time-filter -o now.osm.pbf {name}."
        )));
    }
    Ok(())
}

/// The selected objects.
struct ExtractPlan<'m> {
    mapping: &'m OsmMapping,
    relations: Vec<AreaRelation>,
    /// Ways that are selected, or that a selected relation names; `None` until they are read.
    ways: HashMap<i64, Option<NodeRefs>>,
    /// Selected ways, in the order of the file.
    chosen: Vec<(i64, OsmTags)>,
    /// The nodes of those ways, with their places once they are read.
    nodes: Vec<(i64, Option<OsmPoint>)>,
}

struct AreaRelation {
    id: i64,
    tags: OsmTags,
    /// Whatever their roles: these are wrong too often to be relied upon.
    ways: Vec<i64>,
}

struct GeoJsonLineWriter {
    lines: BufWriter<tempfile::NamedTempFile>,
    count: u64,
    faults: ExtractFaults,
}

impl ExtractPlan<'_> {
    fn visit_relation(&mut self, element: &Element<'_>) {
        let Element::Relation(relation) = element else { return };
        let tags = collect_tags(relation.tags());
        let is_area = tags.get("type").is_some_and(|t| t == "multipolygon" || t == "boundary");
        if !is_area || self.mapping.match_tags(&tags, &[OsmShape::Polygon]).is_none() {
            return;
        }
        let members = relation.members().filter(|m| m.member_type == RelMemberType::Way);
        let mut ways: Vec<i64> = members.map(|m| m.member_id).collect();
        ways.sort_unstable();
        ways.dedup();
        for way in &ways {
            self.ways.insert(*way, None);
        }
        self.relations.push(AreaRelation { id: relation.id(), tags, ways });
    }

    fn visit_way(&mut self, element: &Element<'_>) {
        let Element::Way(way) = element else { return };
        let tags = collect_tags(way.tags());
        let refs: NodeRefs = way.refs().collect();
        let chosen = self.mapping.match_tags(&tags, possible_shapes(&refs)).is_some();
        if !chosen && !self.ways.contains_key(&way.id()) {
            return;
        }
        // Extracts may have the places with the ways, and no nodes but those with tags.
        let places = way.node_locations().map(|at| Some([at.decimicro_lon(), at.decimicro_lat()]));
        self.nodes.extend(refs.iter().copied().zip(places.chain(std::iter::repeat(None))));
        self.ways.insert(way.id(), Some(refs));
        if chosen {
            self.chosen.push((way.id(), tags));
        }
    }

    fn visit_node(&mut self, element: &Element<'_>, out: &mut GeoJsonLineWriter) -> Result<()> {
        let (id, place, tags) = match element {
            Element::Node(n) => (n.id(), [n.decimicro_lon(), n.decimicro_lat()], collect_tags(n.tags())),
            Element::DenseNode(n) => (n.id(), [n.decimicro_lon(), n.decimicro_lat()], collect_tags(n.tags())),
            _ => return Ok(()),
        };
        if let Ok(at) = self.nodes.binary_search_by_key(&id, |n| n.0) {
            self.nodes[at].1 = Some(place);
        }
        match self.mapping.match_tags(&tags, &[OsmShape::Point]) {
            Some(chosen) => {
                let place = to_degrees(place);
                let point = json!({"type": "Point", "coordinates": [place.x, place.y]});
                out.write_feature(&format!("node-{id}"), point, self.mapping, &tags, &chosen)
            }
            None => Ok(()),
        }
    }

    fn write_features(&self, out: &mut GeoJsonLineWriter) -> Result<()> {
        for (id, tags) in &self.chosen {
            let Some(Some(refs)) = self.ways.get(id) else { continue };
            let Some(chosen) = self.mapping.match_tags(tags, possible_shapes(refs)) else { continue };
            let closed_area =
                chosen.shapes.contains(&OsmShape::Polygon) && possible_shapes(refs).contains(&OsmShape::Polygon);
            let (name, missing) = (format!("way-{id}"), self.count_missing(refs));
            let geometry = if closed_area && missing > 0 {
                out.faults.insert(name.clone(), ExtractFault::cut_off_way(missing));
                empty_polygon()
            } else if closed_area {
                self.assemble(&name, &[refs], &mut out.faults)
            } else {
                if missing > 0 {
                    out.faults.insert(name.clone(), ExtractFault::shortened_line(missing));
                }
                let line = self.longest_line(refs);
                json!({"type": "LineString", "coordinates": positions_to_json(&line)})
            };
            out.write_feature(&name, geometry, self.mapping, tags, &chosen)?;
        }
        for relation in &self.relations {
            let Some(chosen) = self.mapping.match_tags(&relation.tags, &[OsmShape::Polygon]) else { continue };
            let name = format!("relation-{}", relation.id);
            let present: Vec<&NodeRefs> = relation.ways.iter().filter_map(|way| self.ways[way].as_ref()).collect();
            let whole = present.iter().filter(|refs| self.count_missing(refs) == 0).count();
            let geometry = if whole < relation.ways.len() {
                let fault = ExtractFault::cut_off_relation(relation.ways.len() - whole, relation.ways.len());
                out.faults.insert(name.clone(), fault);
                empty_polygon()
            } else {
                self.assemble(&name, &present, &mut out.faults)
            };
            out.write_feature(&name, geometry, self.mapping, &relation.tags, &chosen)?;
        }
        out.lines.flush().map_err(Error::internal)
    }

    /// The area of ways whose nodes are all in the extract, as GeoJSON. What encloses no area is an empty polygon, with
    /// a fault that says why.
    fn assemble(&self, name: &str, ways: &[&NodeRefs], faults: &mut ExtractFaults) -> Json {
        let ways: Vec<Vec<OsmPoint>> =
            ways.iter().map(|refs| refs.iter().filter_map(|n| self.find_node(*n)).collect()).collect();
        match assemble_polygons(&ways) {
            Ok(polygons) => polygons_to_json(&polygons),
            Err(fault) => {
                faults.insert(name.to_owned(), ExtractFault::broken_outline(fault, name));
                empty_polygon()
            }
        }
    }

    fn count_missing(&self, refs: &NodeRefs) -> usize {
        refs.iter().filter(|n| self.find_node(**n).is_none()).count()
    }

    /// The longest part whose nodes are all in the extract.
    fn longest_line(&self, refs: &NodeRefs) -> LineString<f64> {
        let places: Vec<Option<OsmPoint>> = refs.iter().map(|n| self.find_node(*n)).collect();
        let longest = places.split(Option::is_none).max_by_key(|s| s.len()).unwrap_or_default();
        longest.iter().flatten().map(|place| to_degrees(*place)).collect()
    }

    fn find_node(&self, node: i64) -> Option<OsmPoint> {
        self.nodes.binary_search_by_key(&node, |n| n.0).ok().and_then(|at| self.nodes[at].1)
    }
}

impl GeoJsonLineWriter {
    fn write_feature(
        &mut self,
        id: &str,
        geometry: Json,
        mapping: &OsmMapping,
        tags: &OsmTags,
        chosen: &TagMatch<'_>,
    ) -> Result<()> {
        let properties = mapping.map_properties(tags, chosen.class);
        let feature = json!({"type": "Feature", "id": id, "geometry": geometry, "properties": properties});
        self.count += 1;
        writeln!(self.lines, "{feature}").map_err(Error::internal)
    }
}

/// The shapes that a way can become: a closed one may be an area.
fn possible_shapes(refs: &NodeRefs) -> &'static [OsmShape] {
    if refs.len() > 3 && refs.first() == refs.last() { &[OsmShape::Line, OsmShape::Polygon] } else { &[OsmShape::Line] }
}

fn empty_polygon() -> Json {
    json!({"type": "Polygon", "coordinates": []})
}

fn polygons_to_json(polygons: &[Polygon<f64>]) -> Json {
    let rings = |p: &Polygon<f64>| -> Vec<Json> {
        std::iter::once(p.exterior()).chain(p.interiors()).map(positions_to_json).collect()
    };
    match polygons {
        [one] => json!({"type": "Polygon", "coordinates": rings(one)}),
        many => {
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
