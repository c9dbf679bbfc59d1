//! What is drawn in which colour: one layer of the tile, one colour. Later lines lie on earlier ones.

use csscolorparser::Color;
use maplibre::style::layer::{FillPaint, LayerPaint, StyleLayer};
use maplibre::style::Style;

/// The colours of `web/src/style.css` for the light theme. Without transparency in the renderer, the tint of a centre
/// area is mixed with the land beforehand.
const COLOURS: [(&str, [u8; 3]); 13] = [
    ("land", [0xf6, 0xf4, 0xef]),
    ("areas", [0xeb, 0xe6, 0xe8]),
    ("interventions:paused", [0x6b, 0x72, 0x80]),
    ("interventions:abandoned", [0x6b, 0x72, 0x80]),
    ("interventions:idea", [0x7a, 0x51, 0x95]),
    ("interventions:proposed", [0x7a, 0x51, 0x95]),
    ("interventions:testing", [0xc2, 0x41, 0x0c]),
    ("interventions:approved", [0x00, 0x63, 0xa8]),
    ("interventions:funded", [0x00, 0x63, 0xa8]),
    ("interventions:tendered", [0x00, 0x63, 0xa8]),
    ("interventions:completed", [0x00, 0x69, 0x5c]),
    ("interventions:recurring", [0xa1, 0x62, 0x07]),
    ("interventions:in_progress", [0xa1, 0x62, 0x07]),
];

/// The layers of a tile that are drawn, the lowest first, each with its colour (sRGB).
pub fn colours() -> &'static [(&'static str, [u8; 3])] {
    &COLOURS
}

/// A channel as it stands, for a picture that is sRGB as it is drawn.
pub fn plain(channel: u8) -> f64 {
    f64::from(channel) / 255.0
}

/// A channel as light (IEC 61966-2-1), for a surface that makes sRGB of it.
pub fn linear(channel: u8) -> f64 {
    let c = plain(channel);
    if c <= 0.04045 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

/// The same as maplibre takes it. Polygons are filled, lines are three pixels wide; points have no shape in it.
pub fn style(channel: fn(u8) -> f64) -> Style {
    let layer = |(at, (name, [r, g, b])): (usize, &(&str, [u8; 3]))| StyleLayer {
        index: at as u32 + 1, // nothing is drawn at 0
        id: (*name).to_owned(),
        source_layer: Some((*name).to_owned()),
        paint: Some(LayerPaint::Fill(FillPaint {
            fill_color: Some(Color::new(channel(*r), channel(*g), channel(*b), 1.0)),
        })),
        ..StyleLayer::default()
    };
    Style { layers: COLOURS.iter().enumerate().map(layer).collect(), ..Style::default() }
}
