//! Reads ISO WKB in either byte order. Z and M values are dropped, arcs become straight segments, and surfaces
//! polygons.

use super::arc;
use crate::feature::Geometry;
use geo_types::{Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

pub(super) const CUT_SHORT: &str = "is cut short";

/// The deepest nesting of collections; deeper ones would overflow the stack.
const MAX_DEPTH: u8 = 16;

/// A geometry as far as a feature can show it.
#[derive(Debug, PartialEq)]
pub(super) struct DecodedGeometry {
    /// `None` for an empty geometry.
    pub geometry: Option<Geometry>,
    /// Whether Z or M values were dropped.
    pub flattened: bool,
    /// Whether it has arcs, which became straight segments, or is a surface, which became polygons.
    pub linearised: bool,
}

pub(super) fn read_wkb(wkb: &[u8]) -> Result<DecodedGeometry, &'static str> {
    let mut reader = WkbReader { rest: wkb, flattened: false, linearised: false };
    let geometry = reader.read_geometry(0)?;
    Ok(DecodedGeometry { geometry, flattened: reader.flattened, linearised: reader.linearised })
}

struct WkbReader<'a> {
    rest: &'a [u8],
    flattened: bool,
    linearised: bool,
}

/// The byte layout of one geometry.
#[derive(Clone, Copy)]
struct WkbLayout {
    little: bool,
    position_bytes: usize,
}

impl<'a> WkbReader<'a> {
    fn take_bytes(&mut self, bytes: usize) -> Result<&'a [u8], &'static str> {
        let (head, rest) = self.rest.split_at_checked(bytes).ok_or(CUT_SHORT)?;
        self.rest = rest;
        Ok(head)
    }

    fn read_number(&mut self, layout: WkbLayout) -> Result<u32, &'static str> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take_bytes(4)?);
        Ok(if layout.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    /// A count of parts of at least `bytes` each, which the rest of the blob must have room for.
    fn read_count(&mut self, layout: WkbLayout, bytes: usize) -> Result<usize, &'static str> {
        let count = self.read_number(layout)? as usize;
        if count > self.rest.len() / bytes { Err(CUT_SHORT) } else { Ok(count) }
    }

    fn read_header(&mut self) -> Result<(u32, WkbLayout), &'static str> {
        let little = match self.take_bytes(1)?[0] {
            0 => false,
            1 => true,
            _ => return Err("has an unknown byte order"),
        };
        let mut layout = WkbLayout { little, position_bytes: 16 };
        let code = self.read_number(layout)?;
        // PostGIS and old GDAL encode Z, M and SRID in the high bits; ISO encodes Z and M in the thousands.
        if code & 0x2000_0000 != 0 {
            self.take_bytes(4)?;
        }
        let plain = code & 0x0fff_ffff;
        let z = code & 0x8000_0000 != 0 || matches!(plain / 1000, 1 | 3);
        let m = code & 0x4000_0000 != 0 || matches!(plain / 1000, 2 | 3);
        layout.position_bytes += 8 * (usize::from(z) + usize::from(m));
        self.flattened |= z || m;
        Ok((plain % 1000, layout))
    }

    fn read_geometry(&mut self, depth: u8) -> Result<Option<Geometry>, &'static str> {
        if depth > MAX_DEPTH {
            return Err("is nested too deeply");
        }
        let (code, layout) = self.read_header()?;
        Ok(match code {
            1 => self.read_point(layout)?.map(Into::into),
            2 => Some(LineString(self.read_coords(layout)?)).filter(|l| !l.0.is_empty()).map(Into::into),
            3 | 17 => self.read_polygon(layout)?.map(Into::into),
            4 => collect_non_empty(self.read_members(layout, depth, |g| Point::try_from(g).ok())?, |m| {
                MultiPoint(m).into()
            }),
            5 => collect_non_empty(self.read_members(layout, depth, |g| LineString::try_from(g).ok())?, |m| {
                MultiLineString(m).into()
            }),
            6 => collect_non_empty(self.read_members(layout, depth, |g| Polygon::try_from(g).ok())?, |m| {
                MultiPolygon(m).into()
            }),
            7 => collect_non_empty(self.read_members(layout, depth, Some)?, |m| {
                Geometry::GeometryCollection(GeometryCollection(m))
            }),
            8 | 9 => {
                Some(LineString(self.read_curve(code, layout, depth)?)).filter(|l| !l.0.is_empty()).map(Into::into)
            }
            10 => self.read_curve_polygon(layout, depth)?.map(Into::into),
            11 => collect_non_empty(self.read_members(layout, depth, |g| LineString::try_from(g).ok())?, |m| {
                MultiLineString(m).into()
            }),
            12 | 15 | 16 => {
                self.linearised |= code != 12;
                collect_non_empty(self.read_members(layout, depth, |g| Polygon::try_from(g).ok())?, |m| {
                    MultiPolygon(m).into()
                })
            }
            13 | 14 => return Err("is of an abstract type"),
            _ => return Err("is of an unknown type"),
        })
    }

    /// The members of a collection, without empty ones.
    fn read_members<T>(
        &mut self,
        layout: WkbLayout,
        depth: u8,
        part: fn(Geometry) -> Option<T>,
    ) -> Result<Vec<T>, &'static str> {
        let count = self.read_count(layout, 9)?;
        let mut members = Vec::with_capacity(count);
        for _ in 0..count {
            if let Some(member) = self.read_geometry(depth + 1)? {
                members.push(part(member).ok_or("has a member of the wrong type")?);
            }
        }
        Ok(members)
    }

    /// The positions of a circular string or of a compound curve.
    fn read_curve(&mut self, code: u32, layout: WkbLayout, depth: u8) -> Result<Vec<Coord>, &'static str> {
        if code == 8 {
            self.linearised = true;
            return arc::linearise_arcs(&self.read_coords(layout)?);
        }
        let mut line: Vec<Coord> = Vec::new();
        for _ in 0..self.read_count(layout, 9)? {
            let member = self.read_line(depth + 1)?;
            // Each member starts where the one before ends.
            let shared = usize::from(line.last().is_some() && line.last() == member.first());
            line.extend(member.into_iter().skip(shared));
        }
        Ok(line)
    }

    /// A line string, circular string or compound curve with its header.
    fn read_line(&mut self, depth: u8) -> Result<Vec<Coord>, &'static str> {
        if depth > MAX_DEPTH {
            return Err("is nested too deeply");
        }
        match self.read_header()? {
            (2, layout) => self.read_coords(layout),
            (code @ (8 | 9), layout) => self.read_curve(code, layout, depth),
            _ => Err("has a member of the wrong type"),
        }
    }

    fn read_curve_polygon(&mut self, layout: WkbLayout, depth: u8) -> Result<Option<Polygon>, &'static str> {
        let rings = self.read_count(layout, 9)?;
        let mut rings = (0..rings).map(|_| self.read_line(depth + 1).map(LineString)).collect::<Result<Vec<_>, _>>()?;
        if rings.first().is_none_or(|outer| outer.0.is_empty()) {
            return Ok(None);
        }
        let outer = rings.remove(0);
        Ok(Some(Polygon::new(outer, rings)))
    }

    /// A point whose coordinates are not numbers is empty.
    fn read_point(&mut self, layout: WkbLayout) -> Result<Option<Point>, &'static str> {
        let coord = read_position(self.take_bytes(layout.position_bytes)?, layout);
        if coord.x.is_nan() && coord.y.is_nan() {
            return Ok(None);
        }
        check_finite(&[coord]).map(|()| Some(Point(coord)))
    }

    fn read_coords(&mut self, layout: WkbLayout) -> Result<Vec<Coord>, &'static str> {
        let count = self.read_count(layout, layout.position_bytes)?;
        let bytes = self.take_bytes(count * layout.position_bytes)?;
        let coords: Vec<Coord> = bytes.chunks_exact(layout.position_bytes).map(|p| read_position(p, layout)).collect();
        check_finite(&coords).map(|()| coords)
    }

    fn read_polygon(&mut self, layout: WkbLayout) -> Result<Option<Polygon>, &'static str> {
        let rings = self.read_count(layout, 4)?;
        if rings == 0 {
            return Ok(None);
        }
        let outer = self.read_coords(layout)?;
        let inner = (1..rings).map(|_| self.read_coords(layout).map(LineString)).collect::<Result<Vec<_>, _>>()?;
        Ok((!outer.is_empty()).then(|| Polygon::new(LineString(outer), inner)))
    }
}

fn check_finite(coords: &[Coord]) -> Result<(), &'static str> {
    let finite = coords.iter().all(|c| c.x.is_finite() && c.y.is_finite());
    if finite { Ok(()) } else { Err("has a coordinate that is not a finite number") }
}

fn collect_non_empty<T>(members: Vec<T>, gather: fn(Vec<T>) -> Geometry) -> Option<Geometry> {
    (!members.is_empty()).then(|| gather(members))
}

fn read_position(bytes: &[u8], layout: WkbLayout) -> Coord {
    let number = |at: usize| {
        let mut eight = [0; 8];
        eight.copy_from_slice(&bytes[at..at + 8]);
        if layout.little { f64::from_le_bytes(eight) } else { f64::from_be_bytes(eight) }
    };
    Coord { x: number(0), y: number(8) }
}
