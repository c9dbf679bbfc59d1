//! GeoJSON (RFC 7946) in: one geometry from JSON, with the place of the fault in every error.
