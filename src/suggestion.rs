//! "Did you mean": the known name that a misspelt one was probably meant for. One measure and one threshold for
//! parameters, properties, functions and values alike.

/// Longer names are compared by their first characters only, so that a long text costs little.
const MAX_COMPARED_CHARS: usize = 64;

/// The known name nearest to a misspelt one, without regard to case; `None` when none is near. Near means: at most a
/// third of its characters differ, and at most three (optimal string alignment distance: insert, delete, replace, swap
/// neighbours).
#[must_use]
pub fn closest_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = fold_name(name);
    let threshold = (name.chars().count() / 3).clamp(1, 3);
    let scored = known.into_iter().map(|known| (strsim::osa_distance(&name, &fold_name(known)), known));
    scored.filter(|(distance, _)| *distance <= threshold).min_by_key(|(distance, _)| *distance).map(|(_, known)| known)
}

/// The sentence that offers [`closest_name`]: `Did you mean 'title'?`
#[must_use]
pub fn suggest_name<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest_name(name, known).map(|near| format!("Did you mean '{near}'?"))
}

/// A sentence with [`suggest_name`]'s behind it when there is one.
#[must_use]
pub fn append_suggestion<'a>(sentence: String, name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match suggest_name(name, known) {
        Some(suggestion) => format!("{sentence} {suggestion}"),
        None => sentence,
    }
}

fn fold_name(name: &str) -> String {
    name.chars().take(MAX_COMPARED_CHARS).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_leads_to_the_nearest_known_one() {
        let known = ["title", "status", "id", "name"];
        for (name, expected) in [
            ("titel", Some("title")),
            ("STATUS", Some("status")),
            ("stauts", Some("status")),
            ("nmae", Some("name")),
            ("ids", Some("id")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(closest_name(name, known), expected, "{name}");
        }
        assert_eq!(append_suggestion("No.".into(), "titel", known), "No. Did you mean 'title'?");
        assert_eq!(append_suggestion("No.".into(), "colour", known), "No.");
    }
}
