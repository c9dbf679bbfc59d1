//! Lists of coordinates in the text of elements.

use geo_types::Coord;

/// Positions as KML and GML 2 write them: `15.26,46.23,250 15.27,46.24`; blanks may stand around the commas. The flag
/// says whether one has a height that is not zero. `None` for what is no such list.
pub fn parse_tuples(text: &str) -> Option<(Vec<Coord<f64>>, bool)> {
    let (mut coords, mut has_height) = (vec![], false);
    let mut tuple: Vec<f64> = vec![];
    let mut expects_number = false;
    let mut finish = |tuple: &mut Vec<f64>| {
        match tuple[..] {
            [] => return Some(()),
            [x, y] => coords.push(Coord { x, y }),
            [x, y, z] => {
                coords.push(Coord { x, y });
                has_height |= z != 0.0;
            }
            _ => return None,
        }
        tuple.clear();
        Some(())
    };
    for word in text.split_inclusive(|c: char| c == ',' || c.is_whitespace()) {
        let number = word.trim_end_matches(|c: char| c == ',' || c.is_whitespace());
        if !number.is_empty() {
            if !expects_number {
                finish(&mut tuple)?;
            }
            tuple.push(parse_coordinate(number)?);
            expects_number = false;
        }
        if word.ends_with(',') {
            expects_number = true;
        }
    }
    finish(&mut tuple)?;
    Some((coords, has_height))
}

/// Numbers with blanks between, as GML 3 writes them, taken `dimension` at a time. The flag says whether heights were
/// left out.
pub fn parse_positions(text: &str, dimension: usize) -> Option<Vec<Coord<f64>>> {
    let numbers: Vec<f64> = text.split_ascii_whitespace().map(parse_coordinate).collect::<Option<_>>()?;
    let fits = dimension >= 2 && numbers.len().is_multiple_of(dimension);
    fits.then(|| numbers.chunks_exact(dimension).map(|c| Coord { x: c[0], y: c[1] }).collect())
}

pub fn parse_coordinate(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|n: &f64| n.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_read_with_blanks_around_their_commas() {
        let read = |text: &str| parse_tuples(text).map(|(coords, high)| (coords.len(), high));
        assert_eq!(read(" 15.26,46.23,0\n 15.27,46.24,0 "), Some((2, false)));
        assert_eq!(read("15.26, 46.23, 250 15.27 , 46.24"), Some((2, true)));
        assert_eq!(read(""), Some((0, false)));
        for text in ["15.26", "15.26,x", "1,2,3,4", "1,NaN", "1,inf"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(parse_positions("1 2 3 4 5 6", 3).map(|c| c.len()), Some(2));
        assert_eq!(parse_positions("1 2 3", 2), None);
    }
}
