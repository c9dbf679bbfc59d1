//! The members of GeoJSON objects that have one meaning only, and where each is forbidden (RFC 7946, section 7.1).

/// The types of geometry that have coordinates.
pub(super) const COORDINATE_TYPES: [&str; 6] =
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"];

/// The members that this rule is about, each with its bit in [`MemberSet`].
pub(super) const RULED_MEMBERS: [(&str, u8); 5] =
    [("coordinates", 1), ("geometries", 2), ("geometry", 4), ("properties", 8), ("features", 16)];

/// Which of the ruled members an object has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemberSet(pub(super) u8);

impl MemberSet {
    pub const COORDINATES: Self = Self(1);
    pub const GEOMETRIES: Self = Self(2);
    pub const GEOMETRY: Self = Self(4);
    pub const PROPERTIES: Self = Self(8);
    pub const FEATURES: Self = Self(16);

    pub fn add(&mut self, member: Self) {
        self.0 |= member.0;
    }

    /// The members that an object of this type must not have. Nothing is forbidden in an object of an unknown type,
    /// whose fault that is; nor in a feature where a geometry should be.
    pub(super) fn forbidden_in(kind: &str, is_part: bool) -> Self {
        let of_feature = Self::GEOMETRY.0 | Self::PROPERTIES.0;
        Self(match kind {
            "Feature" if !is_part => Self::COORDINATES.0 | Self::GEOMETRIES.0 | Self::FEATURES.0,
            "FeatureCollection" if !is_part => Self::COORDINATES.0 | Self::GEOMETRIES.0 | of_feature,
            "GeometryCollection" => Self::COORDINATES.0 | Self::FEATURES.0 | of_feature,
            _ if COORDINATE_TYPES.contains(&kind) => Self::GEOMETRIES.0 | Self::FEATURES.0 | of_feature,
            _ => 0,
        })
    }
}
