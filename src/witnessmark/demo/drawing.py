"""Draw invented pages and buildings: no photograph of anything, no faces; the same seed gives the same pixels."""

import random

from PIL import Image, ImageDraw, ImageFont

from witnessmark.demo.chance import draws

PAPER = (1240, 1754)
"""A4 at 150 dots an inch."""


def typed_page(lines: tuple[tuple[str, int], ...], seed: str, *, tilt: float = 0.6) -> Image.Image:
    """Return a scanned page: typed lines (text, size) with a stamp and a signature, a little tilted, with noise."""
    page = Image.new("L", PAPER, 244)
    pen = ImageDraw.Draw(page)
    y = 130
    for text, size in lines:
        pen.text((130, y), text, fill=38, font=ImageFont.load_default(size))
        y += size + 22
    _stamp(pen, 900, min(y + 130, 1500))
    _signature(pen, 160, min(y + 120, 1500), seed)
    page = page.rotate(tilt, resample=Image.Resampling.BILINEAR, fillcolor=232)
    return noisy(page, seed)


def noisy(page: Image.Image, seed: str, strength: float = 0.1) -> Image.Image:
    """Return the picture under grey noise and a few specks of dust."""
    draw = draws(f"noise {seed}")
    width, height = page.size
    small = Image.frombytes("L", (width // 2, height // 2), draw.randbytes((width // 2) * (height // 2)))
    page = Image.blend(page, small.resize(page.size, Image.Resampling.BILINEAR), strength)
    pen = ImageDraw.Draw(page)
    for _ in range(60):
        x, y, r = draw.randrange(width), draw.randrange(height), draw.choice((0, 1, 1, 2))
        pen.ellipse((x, y, x + r, y + r), fill=draw.randrange(60, 150))
    return page


def _stamp(pen: ImageDraw.ImageDraw, x: int, y: int) -> None:
    for r in (105, 98):
        pen.ellipse((x - r, y - r, x + r, y + r), outline=110, width=3)
    pen.polygon([(x - 45, y + 35), (x - 45, y - 10), (x, y - 50), (x + 45, y - 10), (x + 45, y + 35)], outline=110)
    pen.text((x - 52, y + 48), "TARN DISTRICT", fill=110, font=ImageFont.load_default(16))


def _signature(pen: ImageDraw.ImageDraw, x: int, y: int, seed: str) -> None:
    draw = draws(f"signature {seed.split(' ', maxsplit=1)[0]}")
    points = [(x + 14 * i, y + draw.randint(-34, 30)) for i in range(18)]
    pen.line(points, fill=60, width=3, joint="curve")


def building(seed: str, *, night: bool, fence: bool) -> Image.Image:
    """Return a drawn building with windows, a door and perhaps a fence."""
    draw = draws(f"building {seed}")
    width, height = 960, 640
    sky = (24, 28, 52) if night else (168, 200, 226)
    picture = Image.new("RGB", (width, height), sky)
    pen = ImageDraw.Draw(picture)
    for y in range(0, 420, 4):
        shade = tuple(min(255, part + y // 12) for part in sky)
        pen.rectangle((0, y, width, y + 4), fill=shade)
    pen.rectangle((0, 420, width, height), fill=(60, 66, 52) if night else (122, 134, 96))
    left, top = draw.randint(90, 180), draw.randint(150, 210)
    right = width - draw.randint(90, 200)
    wall = tuple(part // (3 if night else 1) for part in (206, 192, 168))
    pen.rectangle((left, top, right, 470), fill=wall, outline=(40, 36, 30), width=3)
    pen.polygon([(left - 20, top), (right + 20, top), (right - 60, top - 60), (left + 60, top - 60)], fill=(96, 58, 48))
    _windows(pen, draw, (left, top, right), night=night)
    door = draw.randint(left + 200, right - 260)
    pen.rectangle((door, 372, door + 64, 470), fill=(52, 40, 32))
    if fence:
        for x in range(0, width, 24):
            pen.line((x, 440, x, 560), fill=(30, 30, 30), width=3)
        for y in (450, 480, 510, 540):
            pen.line((0, y, width, y), fill=(30, 30, 30), width=2)
    return picture


def _windows(pen: ImageDraw.ImageDraw, draw: random.Random, box: tuple[int, int, int], *, night: bool) -> None:
    left, top, right = box
    for row in range(2):
        for x in range(left + 40, right - 60, 78):
            is_lit = night and draw.random() < 0.55
            colour = (236, 206, 120) if is_lit else ((30, 34, 46) if night else (92, 112, 132))
            y = top + 34 + row * 84
            pen.rectangle((x, y, x + 40, y + 48), fill=colour, outline=(40, 36, 30), width=2)
            for bar in (10, 20, 30):
                pen.line((x + bar, y, x + bar, y + 48), fill=(40, 36, 30))
