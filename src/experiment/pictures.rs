//! Which pictures an experiment draws, and how they come into its folder.

#[cfg(feature = "charts")]
use crate::chart::{ChartFile, Format};
#[cfg(feature = "charts")]
use crate::sink::directory::{OutputError, OutputFolder};

/// Which pictures are drawn; without the feature `charts`, none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pictures {
    /// None.
    None,
    /// Vector graphics.
    Svg,
    /// Vector graphics and pixels.
    SvgAndPng,
}

impl Pictures {
    /// Writes what `draw` draws into `charts/` of `folder`, in each form.
    #[cfg(feature = "charts")]
    pub(crate) fn write<F>(
        self,
        folder: &mut OutputFolder,
        draw: impl Fn(Format) -> F,
    ) -> Result<(), OutputError>
    where
        F: IntoIterator<Item = ChartFile>,
    {
        let formats: &[Format] = match self {
            Self::None => &[],
            Self::Svg => &[Format::Svg],
            Self::SvgAndPng => &[Format::Svg, Format::Png],
        };
        for chart in formats.iter().flat_map(|format| draw(*format)) {
            folder.write(&format!("charts/{}", chart.name), &chart.bytes)?;
        }
        Ok(())
    }
}
