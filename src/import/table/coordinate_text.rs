//! Coordinates as people write them in cells: decimals with a point or a comma, degrees with minutes and seconds, both
//! in one cell. Gives plain numbers; says nothing about what system they are in.

use super::cell::TableCell;
use super::number_style::{DecimalSign, read_number};

/// A cell in the form that places are read from: `46.2311`, or `46.2311, 15.2675`; other cells as they are.
pub fn normalise_coordinate(cell: &TableCell, sign: DecimalSign) -> String {
    let TableCell::Text(text) = cell else { return cell.to_text().into_owned() };
    let text = text.trim();
    if let Some(number) = read_number(text, sign) {
        return number.literal;
    }
    if let Some((degrees, _)) = read_degrees(text) {
        return degrees.to_string();
    }
    match read_pair(text) {
        Some((a, b)) => format!("{a}, {b}"),
        None => text.to_owned(),
    }
}

/// Whether both directions of a pair are said, so that its order is certain: latitude first in the normal form.
pub fn has_directions(cell: &TableCell) -> bool {
    cell.as_text().and_then(read_directed_pair).is_some()
}

/// Two coordinates in one cell.
fn read_pair(text: &str) -> Option<(f64, f64)> {
    if let Some(pair) = read_directed_pair(text) {
        return Some(pair);
    }
    // 46,2311; 15,2675 and 46,2311 15,2675
    let bare = text.trim_start_matches(['(', '[']).trim_end_matches([')', ']']);
    let parts: Vec<&str> = match bare.split_once([';', '|']) {
        Some((a, b)) => vec![a.trim(), b.trim()],
        None => bare.split_whitespace().map(|part| part.trim_matches(',')).filter(|part| !part.is_empty()).collect(),
    };
    let [a, b] = parts[..] else { return None };
    let number = |text: &str| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once(',')?;
        let is_plain = !whole.is_empty()
            && whole.len() <= 7
            && fraction.len() >= 2
            && whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
        is_plain.then(|| text.replace(',', ".").parse::<f64>().ok())?
    };
    Some((number(a)?, number(b)?))
}

/// `46° 13' 52" N, 15° 16' 3" E` in either order.
fn read_directed_pair(text: &str) -> Option<(f64, f64)> {
    let cut = text.char_indices().find(|(_, c)| matches!(c.to_ascii_uppercase(), 'N' | 'S' | 'E' | 'W' | 'O'))?;
    let (at, first) = cut;
    let (a, b) = if at == 0 {
        let second = text[1..].find(['N', 'S', 'E', 'W', 'O', 'n', 's', 'e', 'w', 'o'])? + 1;
        (&text[..second], &text[second..])
    } else {
        text.split_at(at + first.len_utf8())
    };
    let (a, b) = (a.trim_matches([' ', ',', ';', '/']), b.trim_matches([' ', ',', ';', '/']));
    match (read_degrees(a)?, read_degrees(b)?) {
        ((lat, Some(true)), (lon, Some(false))) | ((lon, Some(false)), (lat, Some(true))) => Some((lat, lon)),
        _ => None,
    }
}

/// Degrees with minutes, seconds or a direction; the flag says whether it is north or south. `None` for plain numbers.
fn read_degrees(text: &str) -> Option<(f64, Option<bool>)> {
    let text = text.trim();
    if text.len() > 40 || !text.contains(['°', 'º', '\'', '′', 'N', 'S', 'E', 'W', 'O', 'n', 's', 'e', 'w', 'o']) {
        return None;
    }
    let is_direction = |c: char| matches!(c.to_ascii_uppercase(), 'N' | 'S' | 'E' | 'W' | 'O');
    let last = text.chars().last().filter(|c| is_direction(*c));
    let direction = last.or_else(|| text.chars().next().filter(|c| is_direction(*c)));
    let bare = text.trim_matches(is_direction).trim();
    let bare = bare.replace(',', ".");
    let is_mark = |c: char| matches!(c, '°' | 'º' | '\'' | '′' | '’' | '"' | '″' | '”' | ' ');
    let (minus, bare) = bare.strip_prefix('-').map_or((false, bare.as_str()), |rest| (true, rest));
    let parts: Vec<f64> =
        bare.split(is_mark).filter(|p| !p.is_empty()).map(|p| p.parse().ok()).collect::<Option<_>>()?;
    let has_marks = bare.contains(['°', 'º', '\'', '′']);
    let (degrees, minutes, seconds) = match parts[..] {
        [d] if direction.is_some() || has_marks => (d, 0.0, 0.0),
        [d, m] if has_marks || direction.is_some() => (d, m, 0.0),
        [d, m, s] if has_marks || direction.is_some() => (d, m, s),
        _ => return None,
    };
    let is_valid = (0.0..=180.0).contains(&degrees) && (0.0..60.0).contains(&minutes) && (0.0..60.0).contains(&seconds);
    if !is_valid {
        return None;
    }
    let value = degrees + minutes / 60.0 + seconds / 3600.0;
    let upper = direction.map(|c| c.to_ascii_uppercase());
    let is_negative = minus || matches!(upper, Some('S' | 'W'));
    let value = (value * 1e9).round() / 1e9;
    Some((if is_negative { -value } else { value }, upper.map(|c| matches!(c, 'N' | 'S'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_read_in_their_usual_forms() {
        for (text, normal) in [
            ("46,2311", "46.2311"),
            ("520.402,55", "520402.55"),
            ("46°13'52\"N", "46.231111111"),
            ("N 46° 13′ 52″", "46.231111111"),
            ("46° 13.867' N", "46.231116667"),
            ("15°16'3\"W", "-15.2675"),
            ("46,2311; 15,2675", "46.2311, 15.2675"),
            ("46,2311 15,2675", "46.2311, 15.2675"),
            ("46°13'52\"N, 15°16'3\"E", "46.231111111, 15.2675"),
            ("15°16'3\" E 46°13'52\" N", "46.231111111, 15.2675"),
            ("N46.2311 E15.2675", "46.2311, 15.2675"),
            ("46.2311, 15.2675", "46.2311, 15.2675"),
            ("POINT(15 46)", "POINT(15 46)"),
            ("Novo mesto", "Novo mesto"),
            ("5° C", "5° C"),
        ] {
            assert_eq!(normalise_coordinate(&TableCell::from_text(text), DecimalSign::Comma), normal, "{text}");
        }
        assert!(has_directions(&TableCell::from_text("46°13'52\"N, 15°16'3\"E")));
        assert!(!has_directions(&TableCell::from_text("46.2, 15.2")));
    }
}
