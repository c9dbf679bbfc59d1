//! Attributes of XML elements.

use quick_xml::events::BytesStart;

/// The value of an attribute, by its name with the prefix; `None` when it is missing or malformed.
pub fn attribute(e: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = e.attributes().flatten().find(|a| AsRef::<str>::as_ref(&a.key) == name)?;
    quick_xml::escape::unescape(&found.value).ok().map(std::borrow::Cow::into_owned)
}
