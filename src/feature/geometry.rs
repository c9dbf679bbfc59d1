//! Geometry in degrees: its kinds, its box, and the check that nothing invalid gets past.

use super::fault::{FaultKind, FeatureFault};
use geo::{BoundingRect, CoordsIter, Winding, orient::Direction};
use geo::{Orient, RemoveRepeatedPoints};

/// Longitude first, degrees, WGS 84.
pub type Geometry = geo_types::Geometry<f64>;

/// A box in degrees. `west > east` means that it crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl BoundingBox {
    /// The smallest box around both. Neither may cross the antimeridian.
    #[must_use]
    pub fn union(self, o: Self) -> Self {
        Self {
            west: self.west.min(o.west),
            south: self.south.min(o.south),
            east: self.east.max(o.east),
            north: self.north.max(o.north),
        }
    }

    #[must_use]
    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }
}

/// The box around a geometry; `None` for an empty one.
#[must_use]
pub fn bbox_of(geometry: &Geometry) -> Option<BoundingBox> {
    geometry.bounding_rect().map(|r| BoundingBox {
        west: r.min().x,
        south: r.min().y,
        east: r.max().x,
        north: r.max().y,
    })
}

/// Which geometry types a collection holds: a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GeometryTypeSet(u8);

impl GeometryTypeSet {
    pub const NONE: Self = Self(0);
    pub const ANY: Self = Self(0x7f);

    /// (bit, GeoJSON type, GeoPackage type name, OGC Part 5 format)
    const SINGLE_TYPES: [(u8, &'static str, &'static str, &'static str); 7] = [
        (1, "Point", "POINT", "geometry-point"),
        (2, "MultiPoint", "MULTIPOINT", "geometry-multipoint"),
        (4, "LineString", "LINESTRING", "geometry-linestring"),
        (8, "MultiLineString", "MULTILINESTRING", "geometry-multilinestring"),
        (16, "Polygon", "POLYGON", "geometry-polygon"),
        (32, "MultiPolygon", "MULTIPOLYGON", "geometry-multipolygon"),
        (64, "GeometryCollection", "GEOMETRYCOLLECTION", "geometry-geometrycollection"),
    ];
    const TYPE_PAIRS: [(u8, &'static str); 3] = [
        (3, "geometry-point-or-multipoint"),
        (12, "geometry-linestring-or-multilinestring"),
        (48, "geometry-polygon-or-multipolygon"),
    ];

    #[must_use]
    pub fn from_geometry(geometry: &Geometry) -> Self {
        use geo_types::Geometry as G;
        Self(match geometry {
            G::Point(_) => 1,
            G::MultiPoint(_) => 2,
            G::Line(_) | G::LineString(_) => 4,
            G::MultiLineString(_) => 8,
            G::Polygon(_) | G::Rect(_) | G::Triangle(_) => 16,
            G::MultiPolygon(_) => 32,
            G::GeometryCollection(_) => 64,
        })
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn accepts(self, geometry: &Geometry) -> bool {
        self.0 & Self::from_geometry(geometry).0 != 0
    }

    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The `format` of a primary geometry in OGC API Features Part 5; `None` when there is no geometry.
    #[must_use]
    pub fn schema_format(self) -> Option<&'static str> {
        if self.is_none() {
            return None;
        }
        let single = Self::SINGLE_TYPES.iter().find(|k| k.0 == self.0).map(|k| k.3);
        let pair = Self::TYPE_PAIRS.iter().find(|k| k.0 == self.0).map(|k| k.1);
        Some(single.or(pair).unwrap_or("geometry-any"))
    }

    #[must_use]
    pub fn from_schema_format(format: &str) -> Option<Self> {
        let single = Self::SINGLE_TYPES.iter().find(|k| k.3 == format).map(|k| Self(k.0));
        let pair = Self::TYPE_PAIRS.iter().find(|k| k.1 == format).map(|k| Self(k.0));
        single.or(pair).or((format == "geometry-any").then_some(Self::ANY))
    }

    /// The name that `gpkg_geometry_columns` uses: one type, or `GEOMETRY` for several.
    #[must_use]
    pub fn gpkg_name(self) -> &'static str {
        Self::SINGLE_TYPES.iter().find(|k| k.0 == self.0).map_or("GEOMETRY", |k| k.2)
    }

    #[must_use]
    pub fn from_gpkg_name(name: &str) -> Self {
        Self::SINGLE_TYPES.iter().find(|k| k.2.eq_ignore_ascii_case(name)).map_or(Self::ANY, |k| Self(k.0))
    }

    /// The GeoJSON types, for messages: `Polygon or MultiPolygon`.
    #[must_use]
    pub fn type_names(self) -> String {
        let names: Vec<_> = Self::SINGLE_TYPES.iter().filter(|k| self.0 & k.0 != 0).map(|k| k.1).collect();
        if names.is_empty() { "no geometry".into() } else { names.join(" or ") }
    }
}

/// What was put right without changing the meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GeometryRepair {
    /// Rings turned to RFC 7946 winding.
    pub rewound: bool,
    /// Repeated positions removed.
    pub deduplicated: bool,
}

/// Lets only valid geometry pass, rewound to RFC 7946 (outer rings counter-clockwise) and without repeated positions.
///
/// # Errors
/// The fault and its fix: positions out of range or swapped, rings that cross themselves, empty geometry, a degenerate line or
/// ring. `at` is empty unless one position is meant; the caller knows the place.
pub fn check_geometry(geometry: Geometry) -> Result<(Geometry, GeometryRepair), FeatureFault> {
    let before = geometry.coords_count();
    if before == 0 {
        return Err(FeatureFault::new(
            FaultKind::EmptyGeometry,
            "",
            "The geometry is empty. Leave it out (null) if there is no place.",
        ));
    }
    if let Some(fault) = find_out_of_range(&geometry) {
        return Err(fault);
    }
    let geometry = remove_repeats(geometry);
    let repeated = geometry.coords_count() != before;
    if let Some(fault) = super::validity::find_fault(&geometry) {
        return Err(fault);
    }
    let rewound = !has_rfc7946_winding(&geometry);
    let geometry = if rewound { orient_rings(geometry) } else { geometry };
    Ok((geometry, GeometryRepair { rewound, deduplicated: repeated }))
}

fn find_out_of_range(geometry: &Geometry) -> Option<FeatureFault> {
    let outside = |x: f64, y: f64| !(x.is_finite() && y.is_finite() && x.abs() <= 180.0 && y.abs() <= 90.0);
    let bad = geometry.coords_iter().find(|c| outside(c.x, c.y))?;
    let (flaw, hint) = if bad.x.abs() > 1000.0 || bad.y.abs() > 1000.0 {
        (
            FaultKind::NationalGrid,
            "These look like metres of a national grid: convert them to longitude and latitude (EPSG:4326) first.",
        )
    } else if bad.x.abs() <= 90.0 && bad.y.abs() <= 180.0 {
        (FaultKind::SwappedCoordinates, "Latitude and longitude seem to be swapped: GeoJSON wants longitude first.")
    } else {
        (FaultKind::OutOfRange, "Longitude goes from -180 to 180 and latitude from -90 to 90.")
    };
    Some(FeatureFault::new(flaw, "", format!("The position {}, {} is not on the globe. {hint}", bad.x, bad.y)))
}

fn remove_repeats(geometry: Geometry) -> Geometry {
    use geo_types::Geometry as G;
    match geometry {
        // Two equal points are one place twice: kept, as the author may count them.
        g @ (G::Point(_) | G::MultiPoint(_)) => g,
        G::GeometryCollection(c) => G::GeometryCollection(c.into_iter().map(remove_repeats).collect()),
        g => g.remove_repeated_points(),
    }
}

fn has_rfc7946_winding(geometry: &Geometry) -> bool {
    use geo_types::Geometry as G;
    let polygon = |p: &geo_types::Polygon<f64>| p.exterior().is_ccw() && p.interiors().iter().all(Winding::is_cw);
    match geometry {
        G::Polygon(p) => polygon(p),
        G::MultiPolygon(m) => m.iter().all(polygon),
        G::GeometryCollection(c) => c.iter().all(has_rfc7946_winding),
        _ => true,
    }
}

fn orient_rings(geometry: Geometry) -> Geometry {
    use geo_types::Geometry as G;
    match geometry {
        G::Polygon(p) => G::Polygon(p.orient(Direction::Default)),
        G::MultiPolygon(m) => G::MultiPolygon(m.orient(Direction::Default)),
        G::GeometryCollection(c) => G::GeometryCollection(c.into_iter().map(orient_rings).collect()),
        g => g,
    }
}
