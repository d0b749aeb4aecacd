"""Made-up site photos: a pipe, a valve, rust or fresh paint, never twice the same."""

import io
import math
import random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (480, 360)


def site_photo(dice: random.Random, *, mended: bool) -> bytes:
    """A JPEG of a pipe run on a wall: rusty before, painted after the work."""
    wall = tuple(dice.randrange(110, 190) for _ in range(3))
    image = Image.new("RGB", SIZE, wall)
    draw = ImageDraw.Draw(image)
    for _ in range(14):  # bricks and stains
        x, y = dice.randrange(SIZE[0]), dice.randrange(SIZE[1])
        shade = tuple(max(0, min(255, part + dice.randrange(-35, 35))) for part in wall)
        draw.rectangle((x, y, x + dice.randrange(40, 160), y + dice.randrange(20, 90)), fill=shade)
    _pipe(draw, dice, (70, 110, 150) if mended else (120, 70, 45))
    if not mended:
        _rust(draw, dice)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=78)
    return out.getvalue()


def _pipe(draw: ImageDraw.ImageDraw, dice: random.Random, colour: tuple[int, int, int]) -> None:
    top, width = dice.randrange(80, 220), dice.randrange(30, 70)
    slope = dice.randrange(-60, 60)
    light = tuple(min(255, part + 50) for part in colour)
    draw.line((-10, top, SIZE[0] + 10, top + slope), fill=colour, width=width)
    draw.line((-10, top - width // 4, SIZE[0] + 10, top + slope - width // 4), fill=light, width=max(4, width // 6))
    x = dice.randrange(120, 340)
    y = top + slope * x / SIZE[0]
    radius = width * 0.9
    draw.rectangle((x - 12, y - radius, x + 12, y + radius), fill=tuple(part // 2 for part in colour))
    draw.ellipse((x - radius, y - radius * 2.2, x + radius, y - radius * 0.6), outline=(180, 30, 30), width=8)


def _rust(draw: ImageDraw.ImageDraw, dice: random.Random) -> None:
    for _ in range(60):
        angle, reach = dice.random() * math.tau, dice.randrange(5, 120)
        x, y = SIZE[0] / 2 + math.cos(angle) * reach * 1.6, SIZE[1] / 2 + math.sin(angle) * reach
        size = dice.randrange(2, 10)
        draw.ellipse((x, y, x + size, y + size * 2), fill=(dice.randrange(90, 150), dice.randrange(40, 70), 25))
