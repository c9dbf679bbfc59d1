//! Writes positions as decimal text. Fast, because positions are most of every GeoJSON response.

use super::geometry_array::LonLat;

/// The most bytes of `[-179.1234567,-89.1234567],`, with room for writing eight bytes at a time.
const MAX_POSITION_BYTES: usize = 40;

/// Appends positions (1e-7 degrees) as decimal degrees, each in brackets, separated by commas.
pub(crate) fn write_positions(positions: impl ExactSizeIterator<Item = LonLat>, out: &mut Vec<u8>) {
    let mut at = out.len();
    out.resize(at + positions.len() * MAX_POSITION_BYTES, 0);
    for [lon, lat] in positions {
        // One bounds check for all that follows.
        let text: &mut [u8; MAX_POSITION_BYTES] =
            (&mut out[at..at + MAX_POSITION_BYTES]).try_into().expect("the bytes were reserved above");
        text[0] = b'[';
        let comma = write_decimal(lon, 1, text);
        text[comma] = b',';
        let end = write_decimal(lat, comma + 1, text);
        text[end] = b']';
        text[end + 1] = b',';
        at += end + 2;
    }
    out.truncate(at);
    if out.last() == Some(&b',') {
        out.pop();
    }
}

/// Writes a number of 1e-7 degrees as decimal degrees without trailing zeros, from `at` on; returns the end.
fn write_decimal(steps: i32, mut at: usize, text: &mut [u8; MAX_POSITION_BYTES]) -> usize {
    let size = steps.unsigned_abs();
    let (whole, rest) = (size / 10_000_000, size % 10_000_000);
    text[at] = b'-';
    at += usize::from(steps < 0);
    let digits = &WHOLE_DEGREES[whole as usize];
    text[at..at + 4].copy_from_slice(digits);
    at += digits[3] as usize;
    if rest == 0 {
        return at;
    }
    text[at] = b'.';
    let fraction = split_digits(rest * 10);
    text[at + 1..at + 9].copy_from_slice(&(fraction | 0x3030_3030_3030_3030).to_le_bytes());
    at + 9 - fraction.leading_zeros() as usize / 8
}

/// The eight digits of a number below 10^8, the first in the lowest byte: splits into pairs, then into digits, in
/// parallel (after R. Giulietti and J. E. Anhalt).
fn split_digits(number: u32) -> u64 {
    let (high, low) = (u64::from(number / 10_000), u64::from(number % 10_000));
    let fours = high | low << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let pairs = (fours - 100 * hundreds) << 16 | hundreds;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    tens + ((pairs - 10 * tens) << 8)
}

/// Whole degrees as text of up to three digits, and how many.
const WHOLE_DEGREES: [[u8; 4]; 215] = {
    let mut table = [[0; 4]; 215];
    let mut n = 0;
    while n < 215 {
        let (a, b, c) = (b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8);
        table[n] = if n >= 100 {
            [a, b, c, 3]
        } else if n >= 10 {
            [b, c, 0, 2]
        } else {
            [c, 0, 0, 1]
        };
        n += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn write_longitude(steps: i32) -> String {
        let mut out = vec![];
        write_positions([[steps, 0]].into_iter(), &mut out);
        String::from_utf8(out).unwrap().trim_start_matches('[').trim_end_matches(",0]").to_owned()
    }

    #[test]
    fn steps_are_written_as_the_shortest_decimal() {
        for (steps, text) in [
            (0, "0"),
            (1, "0.0000001"),
            (-1, "-0.0000001"),
            (23_522_219, "2.3522219"),
            (488_566_130, "48.856613"),
            (1_800_000_000, "180"),
            (-1_800_000_000, "-180"),
            (-1_000_000_001, "-100.0000001"),
            (100_000_000, "10"),
            (i32::MIN, "-214.7483648"),
        ] {
            assert_eq!(write_longitude(steps), text);
        }
        let mut steps = -1_799_999_999_i32;
        while steps < 1_790_000_000 {
            assert_eq!(write_longitude(steps).parse::<f64>().unwrap(), crate::crs::dequantise_degrees(steps));
            steps += 9_876_543;
        }
    }

    #[test]
    fn positions_are_separated_and_no_positions_are_no_text() {
        let mut out = vec![];
        write_positions([[10_000_000, -5], [0, 1]].into_iter(), &mut out);
        assert_eq!(out, b"[1,-0.0000005],[0,0.0000001]");
        out.clear();
        write_positions([].into_iter(), &mut out);
        assert!(out.is_empty());
    }
}
