//! XML documents, tag by tag.

mod coordinate_text; // coordinates in text
mod element_stream; // tags and elements
mod text_input; // text in any encoding

pub use coordinate_text::{parse_coordinate, parse_positions, parse_tuples};
pub use element_stream::{XmlElement, XmlFault, XmlStream, XmlTag};
