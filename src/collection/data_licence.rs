//! Under which licence data are, and who must be named with them.

use super::Collection;
use crate::error::Result;
use serde_json::{Value as Json, json};

/// The licence of data that come from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataLicence {
    /// Its SPDX id, where it has one; else as its owner calls it.
    pub name: String,
    /// Where its text is.
    pub href: Option<String>,
    /// Whom to name with the data.
    pub attribution: String,
}

/// Licences of open data: SPDX id, text, and how they are written elsewhere (small letters, without signs).
const KNOWN: [(&str, &str, &[&str]); 12] = [
    ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/", &["ccby40", "ccby4", "creativecommonsattribution40"]),
    ("CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/", &["ccbysa40", "ccbysa4"]),
    ("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/", &["ccbync40", "ccbync4"]),
    ("CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/", &["ccby30", "ccby3"]),
    ("CC-BY-SA-3.0", "https://creativecommons.org/licenses/by-sa/3.0/", &["ccbysa30", "ccbysa3"]),
    ("CC-BY-2.5-SI", "https://creativecommons.org/licenses/by/2.5/si/", &["ccby25si", "ccby25slovenija"]),
    ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/", &["cc010", "cc0", "publicdomainzero10"]),
    ("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/", &["odbl10", "odbl", "opendatabaselicense"]),
    ("ODC-By-1.0", "https://opendatacommons.org/licenses/by/1-0/", &["odcby10", "odcby"]),
    ("PDDL-1.0", "https://opendatacommons.org/licenses/pddl/1-0/", &["pddl10", "pddl"]),
    (
        "etalab-2.0",
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
        &["etalab20", "etalab", "licenceouvertev20", "licenceouverte20", "licenceouverte"],
    ),
    ("IODL-2.0", "https://www.dati.gov.it/iodl/2.0/", &["iodl20", "iodl"]),
];

impl DataLicence {
    /// Reads a licence as somebody writes it: `CC BY 4.0, © Mestna občina Celje`. All of the text is the attribution;
    /// its part before the first comma or semicolon, or an address in it, may name a known licence.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let first = text.split([',', ';']).next().unwrap_or_default();
        let link = text.split_whitespace().find(|word| word.starts_with("https://") || word.starts_with("http://"));
        let link = link.map(|link| link.trim_end_matches([',', ';', '.', ')']).to_owned());
        let known = find_known(first).or_else(|| find_by_link(link.as_deref()?));
        let (name, href) = match known {
            Some((id, href)) => (id.to_owned(), Some(href.to_owned())),
            None => (first.trim().to_owned(), link),
        };
        Self { name, href, attribution: text }
    }

    /// A licence that metadata name by its title and address; `source` is who is to be named.
    #[must_use]
    pub fn from_link(title: &str, href: &str, source: &str) -> Self {
        let known = find_by_link(href).or_else(|| find_known(title));
        let name = known.map_or(if title.is_empty() { href } else { title }, |(id, _)| id).to_owned();
        let attribution = if source.is_empty() { name.clone() } else { format!("{source}, {name}") };
        Self { name, href: Some(href.to_owned()), attribution }
    }
}

impl Collection {
    /// The same collection with the licence of its data, which is shown with them.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the schema is broken.
    pub fn with_licence(&self, licence: &DataLicence) -> Result<Self> {
        let mut schema = Json::clone(&self.schema);
        schema["x-cityheart-attribution"] = licence.attribution.as_str().into();
        if let Some(href) = &licence.href {
            schema["x-cityheart-license"] = json!({"id": licence.name, "href": href});
        }
        Self::from_schema(self.id.clone(), schema)
    }
}

fn find_known(text: &str) -> Option<(&'static str, &'static str)> {
    let letters: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let is_meant = |id: &str, names: &[&str]| {
        let id: String = id.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        letters == id || names.contains(&letters.as_str())
    };
    KNOWN.iter().find(|(id, _, names)| is_meant(id, names)).map(|(id, href, _)| (*id, *href))
}

fn find_by_link(link: &str) -> Option<(&'static str, &'static str)> {
    fn plain(link: &str) -> &str {
        let link = link.split_once("://").map_or(link, |(_, rest)| rest);
        link.trim_start_matches("www.").trim_end_matches('/')
    }
    let meant = |href: &str| plain(link) == plain(href) || plain(link).starts_with(&format!("{}/", plain(href)));
    KNOWN.iter().find(|(_, href, _)| meant(href)).map(|(id, href, _)| (*id, *href))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_licence_is_known_by_its_name_or_its_address() {
        let read = |text: &str| {
            let licence = DataLicence::from_text(text);
            (licence.name, licence.href.is_some())
        };
        assert_eq!(read("CC BY 4.0, © Mestna občina Celje"), ("CC-BY-4.0".into(), true));
        assert_eq!(read("cc-by-4.0"), ("CC-BY-4.0".into(), true));
        assert_eq!(read("Licence Ouverte v2.0; Ville de Cholet"), ("etalab-2.0".into(), true));
        assert_eq!(read("© Celje, see http://creativecommons.org/licenses/by/4.0."), ("CC-BY-4.0".into(), true));
        assert_eq!(read("only for the plan"), ("only for the plan".into(), false));
        let linked =
            DataLicence::from_link("", "https://creativecommons.org/licenses/by/4.0/deed.sl", "Trees (celje.si)");
        assert_eq!((linked.name.as_str(), linked.attribution.as_str()), ("CC-BY-4.0", "Trees (celje.si), CC-BY-4.0"));
    }
}
