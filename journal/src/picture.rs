//! The check of a company's logo: PNG or WebP, recognized by its content and not by its declared type.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use switchboard_core::LogoId;

/// Maximum size of a logo. A logo is a picture of some hundred pixels, which every page loads.
pub const LOGO_MAX_BYTES: usize = 64 * 1024;
/// Pixels per side. A smaller picture is no logo, and a larger one fills a phone's memory when it is drawn.
const SIDE_PX: std::ops::RangeInclusive<u32> = 16..=1024;
/// Bytes of the digest in a logo's name, enough that no two pictures with the same name can be found.
const DIGEST_BYTES: usize = 16;

/// Accepted formats of a logo. SVG is missing because an SVG can carry a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Png,
    WebP,
}

impl Kind {
    /// The media type of the format.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }

    /// The format with that media type.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        [Self::Png, Self::WebP].into_iter().find(|kind| kind.media_type() == media_type)
    }
}

/// The reason why a picture is refused as a logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPicture {
    /// The picture is cut, or of another format than declared.
    #[error("the body must be a complete image of the type that `Content-Type` names")]
    NotThis,
    /// The picture is animated.
    #[error("a logo cannot be animated")]
    Moves,
    /// A side is too short or too long.
    #[error("each side of a logo is {} to {} pixels long", SIDE_PX.start(), SIDE_PX.end())]
    Size,
}

/// The name of a logo: the beginning of its digest, so that another picture gets another name.
#[must_use]
pub fn name_of(bytes: &[u8]) -> Option<LogoId> {
    let digest = digest(&SHA256, bytes);
    let hex: String = digest.as_ref().iter().take(DIGEST_BYTES).map(|byte| format!("{byte:02x}")).collect();
    hex.parse().ok()
}

/// Checks the structure and the size of a picture.
pub fn check(kind: Kind, bytes: &[u8]) -> Result<(), BadPicture> {
    let Pixels { width, height } = match kind {
        Kind::Png => png(bytes)?,
        Kind::WebP => webp(bytes)?,
    };
    if SIDE_PX.contains(&width) && SIDE_PX.contains(&height) { Ok(()) } else { Err(BadPicture::Size) }
}

struct Pixels {
    width: u32,
    height: u32,
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.media_type())
    }
}

/// Takes so many bytes off the front; an error if fewer are left.
fn take<'a>(rest: &mut &'a [u8], bytes: usize) -> Result<&'a [u8], BadPicture> {
    let (taken, left) = rest.split_at_checked(bytes).ok_or(BadPicture::NotThis)?;
    *rest = left;
    Ok(taken)
}

fn big_endian(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn little_endian(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn length(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Accepts the signature and the chunks from `IHDR` to `IEND`, without trailing bytes.
fn png(bytes: &[u8]) -> Result<Pixels, BadPicture> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n").ok_or(BadPicture::NotThis)?;
    let (mut pixels, mut has_data) = (None, false);
    loop {
        let long = length(big_endian(take(&mut rest, 4)?));
        let name = take(&mut rest, 4)?;
        let data = take(&mut rest, long)?;
        let _checksum = take(&mut rest, 4)?;
        match (name, pixels.is_some()) {
            (b"IHDR", false) if long == 13 => {
                pixels = Some(Pixels { width: big_endian(&data[..4]), height: big_endian(&data[4..8]) });
            }
            (b"acTL", true) => return Err(BadPicture::Moves),
            (b"IDAT", true) => has_data = true,
            (b"IEND", true) if has_data && long == 0 && rest.is_empty() => break,
            (b"IHDR" | b"IEND", _) | (_, false) => return Err(BadPicture::NotThis),
            (_, true) => {}
        }
    }
    pixels.ok_or(BadPicture::NotThis)
}

/// Accepts the container, in which a chunk of one of three kinds has the size, without trailing bytes.
fn webp(bytes: &[u8]) -> Result<Pixels, BadPicture> {
    let mut rest = bytes.strip_prefix(b"RIFF").ok_or(BadPicture::NotThis)?;
    let long = length(little_endian(take(&mut rest, 4)?));
    let mut chunks = rest.strip_prefix(b"WEBP").filter(|_| rest.len() == long).ok_or(BadPicture::NotThis)?;
    let (mut pixels, mut has_data) = (None, false);
    while !chunks.is_empty() {
        let name = take(&mut chunks, 4)?;
        let long = length(little_endian(take(&mut chunks, 4)?));
        let data = take(&mut chunks, long)?;
        // Chunks are padded to an even length.
        let _padding = take(&mut chunks, long % 2)?;
        let said = match name {
            b"VP8X" => extended(data)?,
            b"VP8L" => lossless(data)?,
            b"VP8 " => lossy(data)?,
            b"ANIM" | b"ANMF" => return Err(BadPicture::Moves),
            _ if pixels.is_none() => return Err(BadPicture::NotThis),
            _ => continue,
        };
        has_data |= name != b"VP8X";
        // The image data must have the size of its canvas.
        match &pixels {
            None => pixels = Some(said),
            Some(Pixels { width, height }) if (*width, *height) == (said.width, said.height) => {}
            Some(_) => return Err(BadPicture::NotThis),
        }
    }
    pixels.filter(|_| has_data).ok_or(BadPicture::NotThis)
}

fn extended(data: &[u8]) -> Result<Pixels, BadPicture> {
    const ANIMATED: u8 = 0x02;
    let &[flags, _, _, _, ref sides @ ..] = data else { return Err(BadPicture::NotThis) };
    if flags & ANIMATED != 0 {
        return Err(BadPicture::Moves);
    }
    let (width, height) =
        sides.split_at_checked(3).filter(|(_, height)| height.len() == 3).ok_or(BadPicture::NotThis)?;
    Ok(Pixels { width: little_endian(width) + 1, height: little_endian(height) + 1 })
}

fn lossless(data: &[u8]) -> Result<Pixels, BadPicture> {
    let sides = data.strip_prefix(b"\x2f").and_then(|rest| rest.get(..4)).ok_or(BadPicture::NotThis)?;
    let bits = little_endian(sides);
    Ok(Pixels { width: (bits & 0x3fff) + 1, height: (bits >> 14 & 0x3fff) + 1 })
}

fn lossy(data: &[u8]) -> Result<Pixels, BadPicture> {
    let frame = data.get(3..10).and_then(|frame| frame.strip_prefix(b"\x9d\x01\x2a")).ok_or(BadPicture::NotThis)?;
    Ok(Pixels { width: little_endian(&frame[..2]) & 0x3fff, height: little_endian(&frame[2..]) & 0x3fff })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
        let long = u32::try_from(data.len()).unwrap().to_be_bytes();
        [&long[..], name, data, &[0; 4]].concat()
    }

    fn png_of(width: u32, height: u32, between: &[u8]) -> Vec<u8> {
        let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        let (begin, end) = (chunk(b"IHDR", &header), chunk(b"IEND", b""));
        [b"\x89PNG\r\n\x1a\n", &begin[..], between, &chunk(b"IDAT", b"pixels"), &end].concat()
    }

    fn webp_of(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut inner = b"WEBP".to_vec();
        for (name, data) in chunks {
            inner.extend_from_slice(*name);
            inner.extend_from_slice(&u32::try_from(data.len()).unwrap().to_le_bytes());
            inner.extend_from_slice(data);
            inner.extend(std::iter::repeat_n(0, data.len() % 2));
        }
        [b"RIFF", &u32::try_from(inner.len()).unwrap().to_le_bytes()[..], &inner].concat()
    }

    fn lossless_of(width: u32, height: u32) -> Vec<u8> {
        let bits = (width - 1) | (height - 1) << 14;
        [b"\x2f", &bits.to_le_bytes()[..], b"pixels"].concat()
    }

    fn lossy_of(width: u16, height: u16) -> Vec<u8> {
        [b"\0\0\0\x9d\x01\x2a", &width.to_le_bytes()[..], &height.to_le_bytes(), b"pixel"].concat()
    }

    fn extended_of(flags: u8, width: u32, height: u32) -> Vec<u8> {
        let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
        [&[flags, 0, 0, 0][..], &width[..3], &height[..3]].concat()
    }

    #[test]
    fn a_logo_of_each_kind_is_taken_from_16_to_1024_pixels_a_side() {
        for (side, expected) in
            [(15, Err(BadPicture::Size)), (16, Ok(())), (1024, Ok(())), (1025, Err(BadPicture::Size))]
        {
            assert_eq!(check(Kind::Png, &png_of(side, 16, b"")), expected, "{side}");
            assert_eq!(check(Kind::Png, &png_of(16, side, b"")), expected, "{side}");
            assert_eq!(check(Kind::WebP, &webp_of(&[(b"VP8L", lossless_of(side, 16))])), expected, "{side}");
            assert_eq!(check(Kind::WebP, &webp_of(&[(b"VP8L", lossless_of(16, side))])), expected, "{side}");
            let short = u16::try_from(side).unwrap();
            assert_eq!(check(Kind::WebP, &webp_of(&[(b"VP8 ", lossy_of(16, short))])), expected, "{side}");
            let whole = [(b"VP8X", extended_of(0, side, 16)), (b"ALPH", vec![1]), (b"VP8 ", lossy_of(short, 16))];
            assert_eq!(check(Kind::WebP, &webp_of(&whole)), expected, "{side}");
        }
    }

    #[test]
    fn what_moves_is_no_logo() {
        let moving = png_of(32, 32, &chunk(b"acTL", &[0; 8]));
        assert_eq!(check(Kind::Png, &moving), Err(BadPicture::Moves));
        let moving = webp_of(&[(b"VP8X", extended_of(2, 32, 32)), (b"ANIM", vec![0; 6])]);
        assert_eq!(check(Kind::WebP, &moving), Err(BadPicture::Moves));
        let unsaid = webp_of(&[(b"VP8X", extended_of(0, 32, 32)), (b"ANMF", vec![0; 16])]);
        assert_eq!(check(Kind::WebP, &unsaid), Err(BadPicture::Moves));
    }

    #[test]
    fn what_is_cut_longer_or_something_else_is_refused() {
        let png = png_of(32, 32, b"");
        let webp = webp_of(&[(b"VP8L", lossless_of(32, 32))]);
        for (kind, good) in [(Kind::Png, &png), (Kind::WebP, &webp)] {
            assert_eq!(check(kind, good), Ok(()));
            for long in 0..good.len() {
                assert_eq!(check(kind, &good[..long]), Err(BadPicture::NotThis), "{kind} cut to {long}");
            }
            let longer = [good, &b"<script>"[..]].concat();
            assert_eq!(check(kind, &longer), Err(BadPicture::NotThis), "{kind} with something behind it");
        }
        assert_eq!(check(Kind::Png, &webp), Err(BadPicture::NotThis));
        assert_eq!(check(Kind::WebP, &png), Err(BadPicture::NotThis));
        for other in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF89a", b"\xff\xd8\xff\xe0", b"BM"] {
            assert!(check(Kind::Png, other).is_err() && check(Kind::WebP, other).is_err());
        }
        let sides_differ = webp_of(&[(b"VP8X", extended_of(0, 32, 32)), (b"VP8L", lossless_of(900, 900))]);
        assert_eq!(check(Kind::WebP, &sides_differ), Err(BadPicture::NotThis));
        assert_eq!(check(Kind::WebP, &webp_of(&[(b"VP8X", extended_of(0, 32, 32))])), Err(BadPicture::NotThis));
    }

    #[test]
    fn another_picture_has_another_name() {
        let (one, other) = (name_of(&png_of(32, 32, b"")), name_of(&png_of(32, 33, b"")));
        assert!(one.is_some() && one != other);
        assert_eq!(name_of(b"").unwrap().as_str(), "e3b0c44298fc1c149afbf4c8996fb924");
    }
}
