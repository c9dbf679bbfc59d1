//! `cityheart-maplibre-rs --tiles URL z/x/y out.png`: draws one tile of a running cityheart to a picture.

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use cityheart_maplibre_rs::picture;
    use std::path::{Path, PathBuf};

    const USAGE: &str = "usage: cityheart-maplibre-rs [--size PX] (--tiles URL z/x/y | --file TILE.mvt) OUT.png\n\
        --tiles URL z/x/y   the address of a running cityheart, such as http://127.0.0.1:8080, and a tile\n\
        --file TILE.mvt     a tile from a file instead; it may hold several tiles behind each other\n\
        --size PX           width and height of the picture, 64 to 4096; 512 if not given";

    pub fn run(arguments: &[String]) -> Result<(), String> {
        let mut words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut size = 512;
        if let ["--size", px, ..] = words[..] {
            size = px.parse().ok().filter(|px| (64..=4096).contains(px)).ok_or(USAGE)?;
            words.drain(..2);
        }
        let (bytes, out) = match words[..] {
            ["--tiles", server, tile, out] => (picture::fetch(server, parse(tile)?)?, out),
            ["--file", file, out] => (std::fs::read(file).map_err(|e| format!("{file}: {e}"))?, out),
            _ => return Err(USAGE.to_owned()),
        };
        let out = absolute(Path::new(out))?;
        // maplibre writes to a fixed name in the current folder.
        let folder = out.with_extension(format!("{}.tmp", std::process::id()));
        std::fs::create_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let drawn = std::env::set_current_dir(&folder)
            .map_err(|e| e.to_string())
            .and_then(|()| picture::draw(bytes, size))
            .and_then(|()| std::fs::rename("frame_0.png", &out).map_err(|e| format!("{}: {e}", out.display())));
        std::fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        drawn
    }

    fn absolute(path: &Path) -> Result<PathBuf, String> {
        Ok(std::env::current_dir().map_err(|e| e.to_string())?.join(path))
    }

    fn parse(tile: &str) -> Result<(u32, u32, u32), String> {
        let wrong = || format!("'{tile}' is no tile. Give zoom, column and row, such as 14/8886/5813.");
        let parts: Vec<u32> = tile.split('/').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
        match parts[..] {
            [z, x, y] if z <= 22 && x < 1 << z && y < 1 << z => Ok((z, x, y)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match native::run(&arguments) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {}
