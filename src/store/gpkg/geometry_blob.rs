//! The GeoPackage geometry blob: a header with the envelope, then ISO WKB. Writes little-endian 2D blobs, and reads all
//! that other programs write.

use super::wkb::{self, DecodedGeometry};
use crate::encoding::wkb::write_wkb;
use crate::feature::{Geometry, bbox_of};

/// WGS 84, longitude first.
pub(super) const SRS_ID: i32 = 4326;

const FIXED_BYTES: usize = 8;
const LITTLE_ENDIAN: u8 = 1;
const EMPTY_FLAG: u8 = 1 << 4;
const ENVELOPE_XY_FLAG: u8 = 1 << 1;

/// Appends a geometry in degrees to `out`.
pub(super) fn encode_geometry(geometry: &Geometry, out: &mut Vec<u8>) {
    encode_in_srs(geometry, SRS_ID, out);
}

/// Appends a geometry in a reference system. A point gets no envelope, as its coordinates follow the header.
pub(super) fn encode_in_srs(geometry: &Geometry, srs_id: i32, out: &mut Vec<u8>) {
    let envelope = if matches!(geometry, Geometry::Point(_)) { None } else { bbox_of(geometry) };
    out.extend_from_slice(b"GP\0");
    out.push(LITTLE_ENDIAN | if envelope.is_some() { ENVELOPE_XY_FLAG } else { 0 });
    out.extend_from_slice(&srs_id.to_le_bytes());
    for number in envelope.into_iter().flat_map(|b| [b.west, b.east, b.south, b.north]) {
        out.extend_from_slice(&number.to_le_bytes());
    }
    write_wkb(geometry, out);
}

/// Reads a blob.
///
/// # Errors
/// The end of a sentence that begins with "the geometry".
pub(super) fn decode_geometry(blob: &[u8]) -> Result<DecodedGeometry, &'static str> {
    let header = BlobHeader::read_header(blob)?;
    let decoded = wkb::read_wkb(header.wkb)?;
    Ok(DecodedGeometry { geometry: decoded.geometry.filter(|_| !header.empty), ..decoded })
}

/// The envelope (west, east, south, north) of a blob, from its header if possible; `None` when the geometry is empty or
/// unreadable.
pub(super) fn read_envelope(blob: &[u8]) -> Option<[f64; 4]> {
    let header = BlobHeader::read_header(blob).ok()?;
    if header.empty {
        return None;
    }
    if let Some(envelope) = header.envelope.filter(|e| e.iter().all(|n| n.is_finite())) {
        return Some(envelope);
    }
    let bbox = bbox_of(&wkb::read_wkb(header.wkb).ok()?.geometry?)?;
    Some([bbox.west, bbox.east, bbox.south, bbox.north])
}

/// Whether the geometry of a blob is empty; `None` when it is unreadable.
pub(super) fn is_empty_geometry(blob: &[u8]) -> Option<bool> {
    let header = BlobHeader::read_header(blob).ok()?;
    // Only a geometry that is not empty has an envelope, so that most blobs need not be read further.
    if header.empty || header.envelope.is_some_and(|e| !e[0].is_nan()) {
        return Some(header.empty);
    }
    wkb::read_wkb(header.wkb).ok().map(|decoded| decoded.geometry.is_none())
}

struct BlobHeader<'a> {
    empty: bool,
    /// West, east, south, north.
    envelope: Option<[f64; 4]>,
    wkb: &'a [u8],
}

impl<'a> BlobHeader<'a> {
    fn read_header(blob: &'a [u8]) -> Result<Self, &'static str> {
        if blob.len() < FIXED_BYTES || !blob.starts_with(b"GP") {
            return Err("is not a GeoPackage geometry");
        }
        let flags = blob[3];
        let numbers = match (flags >> 1) & 7 {
            0 => 0,
            1 => 4,
            2 | 3 => 6,
            4 => 8,
            _ => return Err("has an unknown header"),
        };
        let rest = &blob[FIXED_BYTES..];
        let (box_bytes, wkb) = rest.split_at_checked(numbers * 8).ok_or(wkb::CUT_SHORT)?;
        let number = |i: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&box_bytes[i * 8..i * 8 + 8]);
            if flags & LITTLE_ENDIAN == 0 { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) }
        };
        let envelope = (numbers > 0).then(|| [number(0), number(1), number(2), number(3)]);
        Ok(Self { empty: flags & EMPTY_FLAG != 0, envelope, wkb })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{Geometry as G, GeometryCollection, MultiPoint, line_string, point, polygon};

    fn round_trip(geometry: &Geometry) -> DecodedGeometry {
        let mut blob = Vec::new();
        encode_geometry(geometry, &mut blob);
        decode_geometry(&blob).expect("our own blob can be read")
    }

    fn parse_hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn every_type_is_read_as_it_was_written() {
        let square = polygon!(exterior: [(x: 0.1, y: 0.0), (x: 4.0, y: 0.0), (x: 4.0, y: 4.000_000_000_1)], interiors: [[(x: 1.0, y: 1.0), (x: 2.0, y: 1.0), (x: 2.0, y: 2.0)]]);
        let line = line_string![(x: 1e-9, y: -2.0), (x: 3.0, y: 4.0)];
        let all: Vec<Geometry> = vec![
            point!(x: 15.267_512_345_678_9, y: 46.231_1).into(),
            line.clone().into(),
            square.clone().into(),
            MultiPoint::new(vec![point!(x: 1.0, y: 2.0), point!(x: 3.0, y: 4.0)]).into(),
            geo_types::MultiLineString::new(vec![line.clone(), line]).into(),
            geo_types::MultiPolygon::new(vec![square.clone(), square.clone()]).into(),
        ];
        let mut all_and_collection = all.clone();
        all_and_collection.push(geo_types::Geometry::GeometryCollection(GeometryCollection::new_from(all)));
        for geometry in all_and_collection {
            assert_eq!(
                round_trip(&geometry),
                DecodedGeometry { geometry: Some(geometry), flattened: false, linearised: false }
            );
        }
    }

    #[test]
    fn the_envelope_is_the_box() {
        let mut blob = Vec::new();
        encode_geometry(&line_string![(x: 1.0, y: 5.0), (x: -3.0, y: 2.0)].into(), &mut blob);
        assert_eq!(read_envelope(&blob), Some([-3.0, 1.0, 2.0, 5.0]));
        blob.clear();
        encode_geometry(&point!(x: 1.0, y: 5.0).into(), &mut blob);
        assert_eq!((blob.len(), read_envelope(&blob)), (29, Some([1.0, 1.0, 5.0, 5.0])));
    }

    #[test]
    fn big_endian_heights_and_missing_envelopes_are_read() {
        // POINT ZM (1 2 3 4), big-endian header and body, written by hand after OGC 06-103r4.
        let zm = parse_hex("4750000000001 0E6".replace(' ', "").as_str());
        let mut blob = zm;
        blob.extend(parse_hex("0000000BB9"));
        for number in [1.0_f64, 2.0, 3.0, 4.0] {
            blob.extend(number.to_be_bytes());
        }
        assert_eq!(
            decode_geometry(&blob),
            Ok(DecodedGeometry { geometry: Some(point!(x: 1.0, y: 2.0).into()), flattened: true, linearised: false })
        );
        assert_eq!(read_envelope(&blob), Some([1.0, 1.0, 2.0, 2.0]));
    }

    #[test]
    fn an_empty_geometry_is_none() {
        let mut blob = parse_hex("47500011E6100000");
        blob.extend(parse_hex("0101000000"));
        blob.extend(f64::NAN.to_le_bytes());
        blob.extend(f64::NAN.to_le_bytes());
        assert_eq!(decode_geometry(&blob), Ok(DecodedGeometry { geometry: None, flattened: false, linearised: false }));
        blob[3] = 1; // some writers forget the flag
        assert_eq!(
            (decode_geometry(&blob).unwrap().geometry, is_empty_geometry(&blob), read_envelope(&blob)),
            (None, Some(true), None)
        );
        let empty: Geometry = G::MultiPoint(MultiPoint::new(vec![]));
        assert_eq!(round_trip(&empty).geometry, None);
    }

    #[test]
    fn garbage_is_refused_without_a_panic_or_a_large_allocation() {
        let mut whole = Vec::new();
        encode_geometry(&polygon![(x: 0.0, y: 0.0), (x: 1.0, y: 0.0), (x: 1.0, y: 1.0)].into(), &mut whole);
        for end in 0..whole.len() {
            assert!(decode_geometry(&whole[..end]).is_err(), "cut at {end}");
        }
        let mut huge = parse_hex("47500001E6100000");
        huge.extend(parse_hex("0102000000FFFFFFFF"));
        assert!(decode_geometry(&huge).is_err());
        let mut nested = parse_hex("47500001E6100000");
        nested.extend(parse_hex("010700000001000000").repeat(10_000));
        assert!(decode_geometry(&nested).is_err());
        let half = [parse_hex("47500001E6100000"), parse_hex("010800000002000000"), vec![0; 32]].concat();
        assert_eq!(decode_geometry(&half), Err("has an arc that is not of three positions"));
    }

    #[test]
    fn curves_become_lines_and_surfaces_polygons() {
        let positions = |coords: &[(f64, f64)]| -> Vec<u8> {
            let numbers = coords.iter().flat_map(|(x, y)| [x.to_le_bytes(), y.to_le_bytes()]).flatten();
            (coords.len() as u32).to_le_bytes().into_iter().chain(numbers).collect()
        };
        let typed = |code: u8, parts: &[Vec<u8>]| [vec![1, code, 0, 0, 0], parts.concat()].concat();
        let count = |n: u8| vec![n, 0, 0, 0];
        let arc = typed(8, &[positions(&[(0.0, 0.0), (1.0, 1.0), (2.0, 0.0)])]);
        let line = typed(2, &[positions(&[(2.0, 0.0), (0.0, 0.0)])]);
        let compound = typed(9, &[count(2), arc.clone(), line.clone()]);
        let ring = positions(&[(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 0.0)]);
        let straight = typed(12, &[count(1), typed(3, &[count(1), ring.clone()])]);
        let cases = [
            (arc.clone(), "LineString", true),
            (compound.clone(), "LineString", true),
            (typed(10, &[count(1), compound]), "Polygon", true),
            (typed(11, &[count(2), arc, line]), "MultiLineString", true),
            (straight, "MultiPolygon", false),
            (typed(15, &[count(1), typed(3, &[count(1), ring.clone()])]), "MultiPolygon", true),
            (typed(16, &[count(1), typed(17, &[count(1), ring.clone()])]), "MultiPolygon", true),
            (typed(17, &[count(1), ring]), "Polygon", false),
        ];
        for (wkb, expected, linearised) in cases {
            let decoded = decode_geometry(&[parse_hex("47500001E6100000"), wkb].concat()).unwrap();
            let shown = format!("{:?}", decoded.geometry.unwrap());
            assert!(
                shown.starts_with(expected) || shown.to_uppercase().starts_with(&expected.to_uppercase()),
                "{shown}"
            );
            assert_eq!(decoded.linearised, linearised, "{expected}");
        }
    }

    #[test]
    fn a_coordinate_that_is_no_number_makes_a_geometry_unreadable() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let point = [
                parse_hex("47500001E6100000"),
                parse_hex("0101000000"),
                bad.to_le_bytes().into(),
                1.0f64.to_le_bytes().into(),
            ]
            .concat();
            assert_eq!(decode_geometry(&point), Err("has a coordinate that is not a finite number"));
            let line = [
                parse_hex("47500001E6100000"),
                parse_hex("010200000001000000"),
                1.0f64.to_le_bytes().into(),
                bad.to_le_bytes().into(),
            ]
            .concat();
            assert_eq!(decode_geometry(&line), Err("has a coordinate that is not a finite number"));
            assert_eq!(read_envelope(&line), None);
        }
    }
}
