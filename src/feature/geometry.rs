//! Geometry in degrees: its types and its bounding box.

use geo::BoundingRect;

/// A geometry in degrees (WGS 84), longitude first.
pub type Geometry = geo_types::Geometry<f64>;

/// A bounding box in degrees (WGS 84). With `west > east` it crosses the antimeridian.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoundingBox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl BoundingBox {
    /// The smallest box that contains both. Neither may cross the antimeridian.
    #[must_use]
    pub fn union(self, o: Self) -> Self {
        Self {
            west: self.west.min(o.west),
            south: self.south.min(o.south),
            east: self.east.max(o.east),
            north: self.north.max(o.north),
        }
    }

    /// West, south, east, north.
    #[must_use]
    pub fn to_array(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }
}

/// The bounding box of a geometry; `None` for an empty one.
#[must_use]
pub fn bbox_of(geometry: &Geometry) -> Option<BoundingBox> {
    geometry.bounding_rect().map(|r| BoundingBox {
        west: r.min().x,
        south: r.min().y,
        east: r.max().x,
        north: r.max().y,
    })
}

/// The set of geometry types that a collection accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GeometryTypeSet(u8);

impl GeometryTypeSet {
    /// No type: the collection has no geometry.
    pub const NONE: Self = Self(0);
    /// All seven GeoJSON types.
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

    /// The set of the type of this geometry alone.
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

    /// The types of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the type of this geometry is in the set.
    #[must_use]
    pub fn accepts(self, geometry: &Geometry) -> bool {
        self.0 & Self::from_geometry(geometry).0 != 0
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The `format` of a primary geometry in a schema of OGC API Features Part 5; `None` for the empty set.
    #[must_use]
    pub fn schema_format(self) -> Option<&'static str> {
        if self.is_none() {
            return None;
        }
        let single = Self::SINGLE_TYPES.iter().find(|k| k.0 == self.0).map(|k| k.3);
        let pair = Self::TYPE_PAIRS.iter().find(|k| k.0 == self.0).map(|k| k.1);
        Some(single.or(pair).unwrap_or("geometry-any"))
    }

    /// The inverse of [`GeometryTypeSet::schema_format`]; `None` for an unknown format.
    #[must_use]
    pub fn from_schema_format(format: &str) -> Option<Self> {
        let single = Self::SINGLE_TYPES.iter().find(|k| k.3 == format).map(|k| Self(k.0));
        let pair = Self::TYPE_PAIRS.iter().find(|k| k.1 == format).map(|k| Self(k.0));
        single.or(pair).or((format == "geometry-any").then_some(Self::ANY))
    }

    /// The `geometry_type_name` of `gpkg_geometry_columns`: one type, or `GEOMETRY` for several.
    #[must_use]
    pub fn gpkg_name(self) -> &'static str {
        Self::SINGLE_TYPES.iter().find(|k| k.0 == self.0).map_or("GEOMETRY", |k| k.2)
    }

    /// The inverse of [`GeometryTypeSet::gpkg_name`]; any type for an unknown name. Curves and surfaces are lines and
    /// polygons when they are read.
    #[must_use]
    pub fn from_gpkg_name(name: &str) -> Self {
        let name = match name.to_ascii_uppercase().as_str() {
            "CURVE" | "CIRCULARSTRING" | "COMPOUNDCURVE" => "LINESTRING",
            "SURFACE" | "CURVEPOLYGON" | "TRIANGLE" => "POLYGON",
            "MULTICURVE" => "MULTILINESTRING",
            "MULTISURFACE" | "POLYHEDRALSURFACE" | "TIN" => "MULTIPOLYGON",
            _ => name,
        };
        Self::SINGLE_TYPES.iter().find(|k| k.2.eq_ignore_ascii_case(name)).map_or(Self::ANY, |k| Self(k.0))
    }

    /// The GeoJSON types as messages name them: `Polygon or MultiPolygon`.
    #[must_use]
    pub fn type_names(self) -> String {
        let names: Vec<_> = Self::SINGLE_TYPES.iter().filter(|k| self.0 & k.0 != 0).map(|k| k.1).collect();
        if names.is_empty() { "no geometry".into() } else { names.join(" or ") }
    }
}
