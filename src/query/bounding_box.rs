//! The parameter `bbox`: four or six numbers to a [`BoundingBox`].

use crate::crs::round_degrees;
use crate::error::{Error, Result, shorten_text};
use crate::feature::BoundingBox;

/// Parses `west,south,east,north` in degrees, or the same with heights, which are ignored. A box with west greater than
/// east crosses the antimeridian.
///
/// # Errors
/// [`Error::Invalid`] at `bbox`.
pub fn parse_bbox(text: &str) -> Result<BoundingBox> {
    let [west, south, east, north] = parse_corners(text)?;
    bbox_from_degrees(west, south, east, north)
}

/// The lower and the upper corner of a box in any reference system, without heights.
///
/// # Errors
/// [`Error::Invalid`] at `bbox`.
pub(super) fn parse_corners(text: &str) -> Result<[f64; 4]> {
    let refuse = |message: String| Err(Error::invalid("bbox", message));
    let mut numbers = Vec::new();
    for part in text.split(',') {
        match part.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => numbers.push(number),
            _ => {
                return refuse(format!(
                    "'{}' is not a number. Give west,south,east,north in degrees.",
                    shorten_text(part)
                ));
            }
        }
        if numbers.len() > 6 {
            break;
        }
    }
    match numbers[..] {
        [w, s, e, n] => Ok([w, s, e, n]),
        [w, s, low, e, n, high] if low <= high => Ok([w, s, e, n]),
        [_, _, _, _, _, _] => {
            refuse("The third number (lowest height) is above the sixth (highest). Swap them.".into())
        }
        _ => refuse("A box has four numbers (west,south,east,north in degrees) or six (with heights).".into()),
    }
}

/// Checks the range and the order of the edges (degrees), and rounds them as the positions of features are.
pub(super) fn bbox_from_degrees(west: f64, south: f64, east: f64, north: f64) -> Result<BoundingBox> {
    let refuse = |message: String| Err(Error::invalid("bbox", message));
    if [west, east].iter().any(|x| x.abs() > 180.0) {
        return refuse("Longitudes (the first and the third of four numbers) range from -180 to 180 degrees.".into());
    }
    if [south, north].iter().any(|y| y.abs() > 90.0) {
        return refuse(
            "Latitudes (the second and the fourth of four numbers) range from -90 to 90 degrees. Longitude comes first."
                .into(),
        );
    }
    if south > north {
        return refuse(format!("The south edge {south} is north of the north edge {north}. Swap them."));
    }
    let [west, south, east, north] = [west, south, east, north].map(round_degrees);
    Ok(BoundingBox { west, south, east, north })
}
