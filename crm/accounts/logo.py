"""A company's logo: what was uploaded is decoded and drawn anew, never kept as it came."""

from io import BytesIO

from PIL import Image, UnidentifiedImageError

MAX_BYTES = 2 * 1024 * 1024
MAX_SIDE = 5000
SIDE = 512
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")


class BadPicture(ValueError):
    """What was uploaded is no picture that we take. Codes: too_big, not_a_picture."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


def draw_logo(data: bytes) -> bytes:
    """Return the picture as a PNG of at most 512 × 512, without anything else it carried."""
    if len(data) > MAX_BYTES:
        raise BadPicture("too_big")
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as picture:
            # Known from the head, before the pixels are unpacked.
            if max(picture.size) > MAX_SIDE:
                raise BadPicture("too_big")
            picture.load()
            drawn = picture.convert("RGBA")
    except BadPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadPicture("not_a_picture") from None
    drawn.thumbnail((SIDE, SIDE))
    out = BytesIO()
    drawn.save(out, "PNG", optimize=True)
    return out.getvalue()
