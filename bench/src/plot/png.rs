//! The picture of an SVG.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Family, Query};
use resvg::usvg::{Options, Tree};

/// Pixels for each unit of the SVG: sharp on screens that show two for one.
const SCALE: f32 = 2.0;

/// Fonts that systems have, for what is only called "sans-serif", which resvg takes for Arial.
const FONTS: [&str; 4] = ["DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial"];

/// Writes the picture of `svg` into the file `path`.
pub(super) fn save(svg: &str, path: &Path) -> Result<()> {
    let picture = render(svg).with_context(|| format!("cannot draw {}", path.display()))?;
    picture
        .save_png(path)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn render(svg: &str) -> Result<Pixmap> {
    let mut options = Options::default();
    let fonts = options.fontdb_mut();
    fonts.load_system_fonts();
    ensure!(
        !fonts.is_empty(),
        "this machine has no fonts for the text: apt-get install fonts-dejavu-core"
    );
    if let Some(font) = FONTS.into_iter().find(|font| has(fonts, font)) {
        fonts.set_sans_serif_family(font);
    }
    let tree = Tree::from_str(svg, &options)?;
    let size = tree.size().to_int_size().scale_by(SCALE);
    let size = size.context("a drawing without a size")?;
    let mut picture = Pixmap::new(size.width(), size.height()).context("no room")?;
    let scale = Transform::from_scale(SCALE, SCALE);
    resvg::render(&tree, scale, &mut picture.as_mut());
    Ok(picture)
}

fn has(fonts: &Database, name: &str) -> bool {
    let families = &[Family::Name(name)];
    let query = Query {
        families,
        ..Query::default()
    };
    fonts.query(&query).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_and_text_are_drawn() {
        let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" width="100" height="40">
            <rect width="50" height="40" fill="blue"/>
            <text x="55" y="30" font-family="sans-serif" font-size="30">M</text></svg>"#;
        let picture = render(svg).unwrap();
        assert_eq!((picture.width(), picture.height()), (200, 80));
        assert_eq!(picture.pixel(10, 10).unwrap().blue(), 255);
        let right = (110..200).flat_map(|x| (0..80).map(move |y| (x, y)));
        assert!(
            right
                .into_iter()
                .any(|(x, y)| picture.pixel(x, y).unwrap().alpha() > 0)
        );
    }
}
