//! The geometries of a segment in flat arrays: positions in 1e-7 degrees, cut into paths, paths into features. Turns geometry into
//! these arrays and back; never changes a position beyond rounding to seven decimals.

use super::Pick;
use crate::crs;
use crate::feature::Geometry;
use geo::CoordsIter;
use geo_types::{Coord, Geometry as G, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use std::collections::BTreeMap;

/// What a path is. Rings are kept without their closing position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Points,
    Line,
    /// An outer ring: starts a polygon.
    Exterior,
    Hole,
}

/// The GeoJSON type of a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    None,
    Point,
    MultiPoint,
    LineString,
    MultiLineString,
    Polygon,
    MultiPolygon,
    GeometryCollection,
}

/// A geometry inside a GeometryCollection: how many paths it has, or, for a collection, how many members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub kind: Type,
    pub count: u32,
}

/// Longitude and latitude in 1e-7 degrees.
pub(crate) type LonLat = [i32; 2];

#[derive(Default)]
pub(crate) struct Shapes {
    pub types: Vec<Type>,
    /// By slot: where its paths end.
    path_ends: Vec<u32>,
    /// By path: where its positions end.
    ends: Vec<u32>,
    roles: Vec<Role>,
    pub lonlat: Vec<LonLat>,
    /// What GeometryCollections are made of, by slot, outermost first.
    members: BTreeMap<u32, Box<[Member]>>,
}

/// One path of a feature.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path {
    pub role: Role,
    /// Its positions in the arena.
    pub start: usize,
    pub end: usize,
}

impl Shapes {
    /// Appends a geometry; an empty one counts as none.
    pub fn push(&mut self, geometry: Option<&Geometry>) {
        let before = self.lonlat.len();
        let mut members = vec![];
        let kind = geometry.map_or(Type::None, |g| self.add(g, &mut members));
        if self.lonlat.len() == before {
            let paths = self.path_start(self.types.len());
            self.ends.truncate(paths);
            self.roles.truncate(paths);
            self.types.push(Type::None);
        } else {
            if kind == Type::GeometryCollection {
                self.members.insert(self.types.len() as u32, members.into());
            }
            self.types.push(kind);
        }
        self.path_ends.push(self.ends.len() as u32);
    }

    pub fn paths(&self, slot: usize) -> impl ExactSizeIterator<Item = Path> + '_ {
        (self.path_start(slot)..self.path_ends[slot] as usize).map(|path| self.path(path))
    }

    /// All paths of all slots.
    pub fn all_paths(&self) -> impl ExactSizeIterator<Item = Path> + '_ {
        (0..self.ends.len()).map(|path| self.path(path))
    }

    /// West, south, east, north in 1e-7 degrees.
    pub fn bounds(&self, slot: usize) -> Option<[i32; 4]> {
        if self.types[slot] == Type::None {
            return None;
        }
        let positions = self.start_of(self.path_start(slot))..self.ends[self.path_ends[slot] as usize - 1] as usize;
        let around = |b: [i32; 4], p: &LonLat| [b[0].min(p[0]), b[1].min(p[1]), b[2].max(p[0]), b[3].max(p[1])];
        Some(self.lonlat[positions].iter().fold([i32::MAX, i32::MAX, i32::MIN, i32::MIN], around))
    }

    /// Whether the feature is drawn as points only.
    pub fn is_points(&self, slot: usize) -> bool {
        match self.types[slot] {
            Type::None => false,
            Type::GeometryCollection => self.paths(slot).all(|p| p.role == Role::Points),
            kind => matches!(kind, Type::Point | Type::MultiPoint),
        }
    }

    /// Where the position of a single point is kept; `None` for everything else.
    pub fn point(&self, slot: usize) -> Option<usize> {
        (self.types[slot] == Type::Point).then(|| self.start_of(self.path_start(slot)))
    }

    pub fn members(&self, slot: usize) -> &[Member] {
        self.members.get(&(slot as u32)).map_or(&[], |m| m)
    }

    /// The geometry in degrees.
    pub fn geometry(&self, slot: usize) -> Option<Geometry> {
        let mut paths = self.paths(slot);
        match self.types[slot] {
            Type::None => None,
            Type::GeometryCollection => {
                let mut members = self.members(slot).iter().copied();
                Some(self.member(members.next()?, &mut members, &mut paths))
            }
            kind => {
                let count = paths.len() as u32;
                Some(self.simple(kind, &mut paths.by_ref().take(count as usize)))
            }
        }
    }

    /// The chosen geometries of several sources, in that order.
    pub fn gather(sources: &[&Self], picks: &[Pick]) -> Self {
        let mut shapes = Self::default();
        shapes.types.reserve_exact(picks.len());
        shapes.path_ends.reserve_exact(picks.len());
        let whole = sources.iter().map(|s| s.types.len()).sum::<usize>() == picks.len();
        if whole {
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

    fn start_of(&self, path: usize) -> usize {
        if path == 0 { 0 } else { self.ends[path - 1] as usize }
    }

    fn path(&self, path: usize) -> Path {
        Path { role: self.roles[path], start: self.start_of(path), end: self.ends[path] as usize }
    }

    fn add(&mut self, geometry: &Geometry, members: &mut Vec<Member>) -> Type {
        let at = members.len();
        members.push(Member { kind: Type::None, count: 0 });
        let before = self.ends.len();
        let kind = match geometry {
            G::GeometryCollection(c) => {
                let filled = c.iter().filter(|g| g.coords_count() > 0);
                let count = filled.map(|g| self.add(g, members)).count() as u32;
                members[at] = Member { kind: Type::GeometryCollection, count };
                return Type::GeometryCollection;
            }
            G::Point(p) => self.add_path(Role::Points, &[p.0], Type::Point),
            G::MultiPoint(m) => {
                self.add_path(Role::Points, &m.iter().map(|p| p.0).collect::<Vec<_>>(), Type::MultiPoint)
            }
            G::Line(l) => self.add_path(Role::Line, &[l.start, l.end], Type::LineString),
            G::LineString(l) => self.add_path(Role::Line, &l.0, Type::LineString),
            G::MultiLineString(m) => {
                m.iter().for_each(|l| _ = self.add_path(Role::Line, &l.0, Type::LineString));
                Type::MultiLineString
            }
            G::Polygon(p) => self.add_polygon(p),
            G::Rect(r) => self.add_polygon(&r.to_polygon()),
            G::Triangle(t) => self.add_polygon(&t.to_polygon()),
            G::MultiPolygon(m) => {
                m.iter().for_each(|p| _ = self.add_polygon(p));
                Type::MultiPolygon
            }
        };
        members[at] = Member { kind, count: (self.ends.len() - before) as u32 };
        kind
    }

    fn add_polygon(&mut self, polygon: &Polygon<f64>) -> Type {
        let open = |ring: &LineString<f64>| ring.0.len() - usize::from(ring.0.len() > 1 && ring.is_closed());
        let exterior = polygon.exterior();
        self.add_path(Role::Exterior, &exterior.0[..open(exterior)], Type::Polygon);
        for hole in polygon.interiors() {
            self.add_path(Role::Hole, &hole.0[..open(hole)], Type::Polygon);
        }
        Type::Polygon
    }

    fn add_path(&mut self, role: Role, coords: &[Coord<f64>], kind: Type) -> Type {
        if !coords.is_empty() {
            self.lonlat.extend(coords.iter().map(|c| [crs::quantise(c.x), crs::quantise(c.y)]));
            self.ends.push(self.lonlat.len() as u32);
            self.roles.push(role);
        }
        kind
    }

    fn member(
        &self,
        member: Member,
        rest: &mut impl Iterator<Item = Member>,
        paths: &mut impl Iterator<Item = Path>,
    ) -> Geometry {
        if member.kind != Type::GeometryCollection {
            return self.simple(member.kind, &mut paths.take(member.count as usize));
        }
        let mut geometries = vec![];
        for _ in 0..member.count {
            let Some(next) = rest.next() else { break };
            geometries.push(self.nested(next, rest, paths));
        }
        G::GeometryCollection(geometries.into())
    }

    /// [`Self::member`] behind fixed types, so that nesting does not nest iterator types.
    fn nested(
        &self,
        member: Member,
        rest: &mut dyn Iterator<Item = Member>,
        paths: &mut dyn Iterator<Item = Path>,
    ) -> Geometry {
        let (mut rest, mut paths) = (rest, paths);
        self.member(member, &mut rest, &mut paths)
    }

    fn simple(&self, kind: Type, paths: &mut dyn Iterator<Item = Path>) -> Geometry {
        let line = |p: Path| LineString(self.degrees(p).collect());
        let first = |paths: &mut dyn Iterator<Item = Path>| paths.next().map_or(LineString(vec![]), line);
        match kind {
            Type::Point => {
                first(paths).0.first().map_or_else(|| G::MultiPoint(MultiPoint(vec![])), |c| G::Point(Point(*c)))
            }
            Type::MultiPoint => G::MultiPoint(first(paths).0.into_iter().map(Point).collect()),
            Type::LineString => G::LineString(first(paths)),
            Type::MultiLineString => G::MultiLineString(MultiLineString(paths.map(line).collect())),
            Type::Polygon => {
                let exterior = first(paths);
                G::Polygon(Polygon::new(exterior, paths.map(line).collect()))
            }
            _ => G::MultiPolygon(self.polygons(paths)),
        }
    }

    fn polygons(&self, paths: &mut dyn Iterator<Item = Path>) -> MultiPolygon<f64> {
        let mut polygons: Vec<Polygon<f64>> = vec![];
        for path in paths {
            let ring = LineString(self.degrees(path).collect());
            match polygons.last_mut() {
                Some(polygon) if path.role == Role::Hole => polygon.interiors_push(ring),
                _ => polygons.push(Polygon::new(ring, vec![])),
            }
        }
        MultiPolygon(polygons)
    }

    fn degrees(&self, path: Path) -> impl Iterator<Item = Coord<f64>> + '_ {
        self.lonlat[path.start..path.end].iter().map(|p| Coord { x: crs::degrees(p[0]), y: crs::degrees(p[1]) })
    }
}
