//! The geometries of a segment in flat arrays: features consist of paths, paths of positions in 1e-7 degrees. Converts
//! geometries to these arrays and back; only rounds positions to seven decimals.

use super::slot::SourceSlot;
use crate::crs;
use crate::feature::{Geometry, is_on_globe};
use geo::CoordsIter;
use geo_types::{Coord, Geometry as G, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use std::collections::BTreeMap;

/// What a path is. Rings are stored without their closing position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathRole {
    Points,
    Line,
    /// An exterior ring, which begins a polygon.
    Exterior,
    Hole,
}

/// The GeoJSON type of a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GeometryType {
    None,
    Point,
    MultiPoint,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
    GeometryCollection,
}

/// A geometry within a GeometryCollection: its number of paths or, for a nested collection, of members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GeometryMember {
    pub kind: GeometryType,
    pub count: u32,
}

/// Longitude and latitude in 1e-7 degrees.
pub(crate) type LonLat = [i32; 2];

/// Geometries by slot.
#[derive(Default)]
pub(crate) struct GeometryArray {
    pub types: Vec<GeometryType>,
    /// By slot: the end of its paths.
    path_ends: Vec<u32>,
    /// By path: the end of its positions.
    ends: Vec<u32>,
    roles: Vec<PathRole>,
    pub lonlat: Vec<LonLat>,
    /// The members of GeometryCollections by slot, outermost first.
    members: BTreeMap<u32, Box<[GeometryMember]>>,
}

/// One path of a feature.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GeometryPath {
    pub role: PathRole,
    /// Its positions, as a range of the array of all positions.
    pub start: usize,
    pub end: usize,
}

impl GeometryArray {
    /// Appends a geometry in degrees; one that is empty or not on the globe counts as none.
    pub fn push(&mut self, geometry: Option<&Geometry>) {
        let geometry = geometry.filter(|g| is_on_globe(g));
        let before = self.lonlat.len();
        let mut members = vec![];
        let kind = geometry.map_or(GeometryType::None, |g| self.add_geometry(g, &mut members));
        if self.lonlat.len() == before {
            let paths = self.path_start(self.types.len());
            self.ends.truncate(paths);
            self.roles.truncate(paths);
            self.types.push(GeometryType::None);
        } else {
            if kind == GeometryType::GeometryCollection {
                self.members.insert(self.types.len() as u32, members.into());
            }
            self.types.push(kind);
        }
        self.path_ends.push(self.ends.len() as u32);
    }

    /// The paths of the geometry in this slot.
    pub fn paths(&self, slot: usize) -> impl ExactSizeIterator<Item = GeometryPath> + '_ {
        (self.path_start(slot)..self.path_ends[slot] as usize).map(|path| self.path_at(path))
    }

    /// All paths of all slots.
    pub fn all_paths(&self) -> impl ExactSizeIterator<Item = GeometryPath> + '_ {
        (0..self.ends.len()).map(|path| self.path_at(path))
    }

    /// The bounding box of a slot: west, south, east, north in 1e-7 degrees.
    pub fn bounds(&self, slot: usize) -> Option<[i32; 4]> {
        if self.types[slot] == GeometryType::None {
            return None;
        }
        let positions =
            self.position_start(self.path_start(slot))..self.ends[self.path_ends[slot] as usize - 1] as usize;
        let around = |b: [i32; 4], p: &LonLat| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])];
        Some(self.lonlat[positions].iter().fold([i32::MAX, i32::MAX, i32::MIN, i32::MIN], around))
    }

    /// Whether the geometry consists of points only.
    pub fn is_point_only(&self, slot: usize) -> bool {
        match self.types[slot] {
            GeometryType::None => false,
            GeometryType::GeometryCollection => self.paths(slot).all(|p| p.role == PathRole::Points),
            kind => matches!(kind, GeometryType::Point | GeometryType::MultiPoint),
        }
    }

    /// The index of the position of a Point; `None` for all other types.
    pub fn single_point_index(&self, slot: usize) -> Option<usize> {
        (self.types[slot] == GeometryType::Point).then(|| self.position_start(self.path_start(slot)))
    }

    /// The members of the GeometryCollection in this slot, outermost first; empty for all other types.
    pub fn members(&self, slot: usize) -> &[GeometryMember] {
        self.members.get(&(slot as u32)).map_or(&[], |m| m)
    }

    /// The geometry of a slot in degrees, longitude first.
    pub fn read_geometry(&self, slot: usize) -> Option<Geometry> {
        let mut paths = self.paths(slot);
        match self.types[slot] {
            GeometryType::None => None,
            GeometryType::GeometryCollection => {
                let mut members = self.members(slot).iter().copied();
                Some(self.read_member(members.next()?, &mut members, &mut paths))
            }
            kind => {
                let count = paths.len() as u32;
                Some(self.read_simple(kind, &mut paths.by_ref().take(count as usize)))
            }
        }
    }

    /// The picked geometries of several sources, in the order of the picks.
    pub fn gather_slots(sources: &[&Self], picks: &[SourceSlot]) -> Self {
        let mut shapes = Self::default();
        shapes.types.reserve_exact(picks.len());
        shapes.path_ends.reserve_exact(picks.len());
        let takes_all = sources.iter().map(|s| s.types.len()).sum::<usize>() == picks.len();
        if takes_all {
            shapes.ends.reserve_exact(sources.iter().map(|s| s.ends.len()).sum());
            shapes.roles.reserve_exact(sources.iter().map(|s| s.roles.len()).sum());
            shapes.lonlat.reserve_exact(sources.iter().map(|s| s.lonlat.len()).sum());
        }
        for p in picks {
            let (source, slot) = (sources[p.source as usize], p.slot as usize);
            for path in source.paths(slot) {
                shapes.lonlat.extend_from_slice(&source.lonlat[path.start..path.end]);
                shapes.ends.push(shapes.lonlat.len() as u32);
                shapes.roles.push(path.role);
            }
            if let Some(members) = source.members.get(&p.slot) {
                shapes.members.insert(shapes.types.len() as u32, members.clone());
            }
            shapes.types.push(source.types[slot]);
            shapes.path_ends.push(shapes.ends.len() as u32);
        }
        shapes
    }

    fn path_start(&self, slot: usize) -> usize {
        if slot == 0 { 0 } else { self.path_ends[slot - 1] as usize }
    }

    fn position_start(&self, path: usize) -> usize {
        if path == 0 { 0 } else { self.ends[path - 1] as usize }
    }

    fn path_at(&self, path: usize) -> GeometryPath {
        GeometryPath { role: self.roles[path], start: self.position_start(path), end: self.ends[path] as usize }
    }

    fn add_geometry(&mut self, geometry: &Geometry, members: &mut Vec<GeometryMember>) -> GeometryType {
        let at = members.len();
        members.push(GeometryMember { kind: GeometryType::None, count: 0 });
        let before = self.ends.len();
        let kind = match geometry {
            G::GeometryCollection(c) => {
                let filled = c.iter().filter(|g| g.coords_count() > 0);
                let count = filled.map(|g| self.add_geometry(g, members)).count() as u32;
                members[at] = GeometryMember { kind: GeometryType::GeometryCollection, count };
                return GeometryType::GeometryCollection;
            }
            G::Point(p) => self.add_path(PathRole::Points, &[p.0], GeometryType::Point),
            G::MultiPoint(m) => {
                self.add_path(PathRole::Points, &m.iter().map(|p| p.0).collect::<Vec<_>>(), GeometryType::MultiPoint)
            }
            G::Line(l) => self.add_path(PathRole::Line, &[l.start, l.end], GeometryType::LineString),
            G::LineString(l) => self.add_path(PathRole::Line, &l.0, GeometryType::LineString),
            G::MultiLineString(m) => {
                m.iter().for_each(|l| _ = self.add_path(PathRole::Line, &l.0, GeometryType::LineString));
                GeometryType::MultiLineString
            }
            G::Polygon(p) => self.add_polygon(p),
            G::Rect(r) => self.add_polygon(&r.to_polygon()),
            G::Triangle(t) => self.add_polygon(&t.to_polygon()),
            G::MultiPolygon(m) => {
                m.iter().for_each(|p| _ = self.add_polygon(p));
                GeometryType::MultiPolygon
            }
        };
        members[at] = GeometryMember { kind, count: (self.ends.len() - before) as u32 };
        kind
    }

    fn add_polygon(&mut self, polygon: &Polygon<f64>) -> GeometryType {
        let open = |ring: &LineString<f64>| ring.0.len() - usize::from(ring.0.len() > 1 && ring.is_closed());
        let exterior = polygon.exterior();
        self.add_path(PathRole::Exterior, &exterior.0[..open(exterior)], GeometryType::Polygon);
        for hole in polygon.interiors() {
            self.add_path(PathRole::Hole, &hole.0[..open(hole)], GeometryType::Polygon);
        }
        GeometryType::Polygon
    }

    fn add_path(&mut self, role: PathRole, coords: &[Coord<f64>], kind: GeometryType) -> GeometryType {
        if !coords.is_empty() {
            self.lonlat.extend(coords.iter().map(|c| [crs::quantise_degrees(c.x), crs::quantise_degrees(c.y)]));
            self.ends.push(self.lonlat.len() as u32);
            self.roles.push(role);
        }
        kind
    }

    fn read_member(
        &self,
        member: GeometryMember,
        rest: &mut impl Iterator<Item = GeometryMember>,
        paths: &mut impl Iterator<Item = GeometryPath>,
    ) -> Geometry {
        if member.kind != GeometryType::GeometryCollection {
            return self.read_simple(member.kind, &mut paths.take(member.count as usize));
        }
        let mut geometries = vec![];
        for _ in 0..member.count {
            let Some(next) = rest.next() else { break };
            geometries.push(self.read_nested(next, rest, paths));
        }
        G::GeometryCollection(geometries.into())
    }

    /// [`Self::read_member`] with dynamic iterators, so that recursion does not nest iterator types.
    fn read_nested(
        &self,
        member: GeometryMember,
        rest: &mut dyn Iterator<Item = GeometryMember>,
        paths: &mut dyn Iterator<Item = GeometryPath>,
    ) -> Geometry {
        let (mut rest, mut paths) = (rest, paths);
        self.read_member(member, &mut rest, &mut paths)
    }

    fn read_simple(&self, kind: GeometryType, paths: &mut dyn Iterator<Item = GeometryPath>) -> Geometry {
        let line = |p: GeometryPath| LineString(self.degree_coords(p).collect());
        let first = |paths: &mut dyn Iterator<Item = GeometryPath>| paths.next().map_or(LineString(vec![]), line);
        match kind {
            GeometryType::Point => {
                first(paths).0.first().map_or_else(|| G::MultiPoint(MultiPoint(vec![])), |c| G::Point(Point(*c)))
            }
            GeometryType::MultiPoint => G::MultiPoint(first(paths).0.into_iter().map(Point).collect()),
            GeometryType::LineString => G::LineString(first(paths)),
            GeometryType::MultiLineString => G::MultiLineString(MultiLineString(paths.map(line).collect())),
            GeometryType::Polygon => {
                let exterior = first(paths);
                G::Polygon(Polygon::new(exterior, paths.map(line).collect()))
            }
            _ => G::MultiPolygon(self.read_polygons(paths)),
        }
    }

    fn read_polygons(&self, paths: &mut dyn Iterator<Item = GeometryPath>) -> MultiPolygon<f64> {
        let mut polygons: Vec<Polygon<f64>> = vec![];
        for path in paths {
            let ring = LineString(self.degree_coords(path).collect());
            match polygons.last_mut() {
                Some(polygon) if path.role == PathRole::Hole => polygon.interiors_push(ring),
                _ => polygons.push(Polygon::new(ring, vec![])),
            }
        }
        MultiPolygon(polygons)
    }

    fn degree_coords(&self, path: GeometryPath) -> impl Iterator<Item = Coord<f64>> + '_ {
        self.lonlat[path.start..path.end]
            .iter()
            .map(|p| Coord { x: crs::dequantise_degrees(p[0]), y: crs::dequantise_degrees(p[1]) })
    }
}
