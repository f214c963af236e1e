"""Values of CSS properties, as far as they decide whether words are seen: each declaration becomes a few plain traits.

A value that no browser would take gives no trait at all: it neither hides nor shows.
"""

import ast
import colorsys
import re
from collections.abc import Callable
from functools import lru_cache

from PIL import ImageColor

FAR = 999.0
"""Pixels beyond the edge that no window shows."""
FAINT = 0.1
"""Opacity up to which nothing is read."""
TINY = 2.0
"""Pixels of height up to which letters are not read."""
LOW = 4.0
"""Pixels of a box that cuts off what is in it, up to which no line shows."""

Colour = tuple[float, float, float, float] | str
"""Red, green, blue (0 to 255) and opacity (0 to 1); or the words of a colour that is not worked out here."""
Trait = tuple[str, object]
CLEAR: Colour = (0.0, 0.0, 0.0, 0.0)
CURRENT = "currentcolor"

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?"
_LENGTH = re.compile(rf"({_NUMBER})([a-z%]*)\Z")
_LENGTHS = re.compile(rf"({_NUMBER})([a-z%]*)(?![\w.])")
_UNITS = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945, "em": 16.0, "rem": 16.0,
    "ex": 8.0, "ch": 8.0, "lh": 20.0, "rlh": 20.0, "ic": 16.0, "cap": 12.0, "": 1.0,
}  # fmt: skip
_WINDOW_UNIT = 10.0
"""Pixels for one per cent of a box or window: so that minus a whole one counts as far off."""
_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
    "xxx-large": 48.0, "initial": 16.0,
}  # fmt: skip
_KEEP = ("inherit", "unset", "revert", "revert-layer", "smaller", "larger")
_SHOWN_AS = frozenset(
    """block inline inline-block flex inline-flex grid inline-grid table inline-table table-row table-cell table-caption
    table-row-group table-header-group table-footer-group table-column table-column-group list-item run-in flow-root
    contents ruby ruby-base ruby-text -webkit-box -webkit-inline-box -webkit-flex -ms-flexbox -ms-grid initial inherit
    unset revert flow math""".split()  # noqa: SIM905
)
_TWO_WORDS = frozenset(("block", "inline", "run-in", "flow", "flow-root", "table", "flex", "grid", "ruby", "list-item"))
_FUNCTION = re.compile(r"[a-z-]+\((?:[^()]|\([^()]*\))*\)")
_COLOURS = re.compile(
    r"#[0-9a-f]{3,8}\b|(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\((?:[^()]|\([^()]*\))*\)|[a-z]+"
)
_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\Z")
_CALCULATED = re.compile(r"[\d.\s+*/(),-]|e(?=[+-]?\d)|min|max|clamp|calc")
_ANGLE = re.compile(r"rotate[xy]?\(\s*-?(?:90|270)deg|rotate3d")


@lru_cache(maxsize=8192)
def traits(name: str, value: str) -> tuple[Trait, ...]:
    """Return what one declaration says."""
    if not value:
        return ()
    name = name.removeprefix("-webkit-") if name not in ("-webkit-text-fill-color", "-webkit-text-security") else name
    if name in ("opacity", "fill-opacity"):
        number = _share(value)
        return () if number is None else ((name, number),)
    if name in _BY_SIDE:
        return _side(name, value)
    if name in ("width", "height", "max-width", "max-height", "inline-size", "block-size", "max-inline-size"):
        name = name.replace("inline-size", "width").replace("block-size", "height")
        return ((name, length(value)),) if length(value) is not None or value.isidentifier() else ()
    if name == "max-block-size":
        return (("max-height", length(value)),)
    reader = _READERS.get(name)
    return () if reader is None else reader(value)


def length(value: str) -> float | None:
    """Return a length in pixels, about; None for a word or what cannot be worked out."""
    match = _LENGTH.match(value)
    if match is not None:
        unit = _UNITS.get(match[2], _WINDOW_UNIT)
        return max(-1e9, min(float(match[1]) * unit, 1e9))
    if "(" not in value or len(value) > 200:
        return None
    plain = _LENGTHS.sub(lambda m: repr(float(m[1]) * _UNITS.get(m[2], _WINDOW_UNIT)), value)
    return _worked_out(plain)


def _worked_out(text: str) -> float | None:
    """Return what a sum comes to: numbers, the four operations, calc, min, max and clamp."""
    if _CALCULATED.sub("", text).strip() or text.count("(") > 20:
        return None
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand) if isinstance(node.op, ast.USub) else _value(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left - right
        if isinstance(node.op, ast.Mult):
            return left * right
        return left / right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
        values = [_value(one) for one in node.args]
        if node.func.id == "clamp" and len(values) == 3:
            return max(values[0], min(values[1], values[2]))
        return max(values) if node.func.id == "max" else min(values)
    raise ValueError("no sum")


def _is_tiny(share: float | None) -> bool:
    return share is not None and 0 <= share < 0.05


def _share(value: str) -> float | None:
    if value in ("initial", "unset", "revert"):
        return 1.0
    if value.endswith("%"):
        number = length(value)
        return None if number is None else number / (100 * _WINDOW_UNIT)
    return length(value)


def size(value: str, above: float) -> float:
    """Return a size of letters in pixels; `above` is that of the element around."""
    match = _LENGTH.match(value)
    if match is not None and match[2] in ("em", "%", "ex", "ch"):
        return above * max(float(match[1]), 0.0) * {"em": 1.0, "%": 0.01}.get(match[2], 0.5)
    if value in _KEEP:
        return above
    if value in _SIZES:
        return _SIZES[value]
    found = length(value)
    return above if found is None else found


def _size(value: str) -> tuple[Trait, ...]:
    match = _LENGTH.match(value)
    if match is not None:
        # A number without unit is no size, save in old pages; zero and less than nothing are taken at their worst.
        return (("size", value),) if match[2] or float(match[1]) <= 0 else ()
    return (("size", value),) if value in _KEEP or value in _SIZES or length(value) is not None else ()


def _font(value: str) -> tuple[Trait, ...]:
    if value in _KEEP or value == "initial":
        return (("size", value),)
    for word in (part.partition("/")[0] for part in value.split()):
        if word in _SIZES or word in ("smaller", "larger"):
            return (("size", word),)
        match = _LENGTH.match(word)
        if match is not None and (match[2] or float(match[1]) <= 0):
            return (("size", word),)
    found = [length(word) for word in _FUNCTION.findall(value)]
    return (("size", f"{found[0]}px"),) if found and found[0] is not None else ()


def colour(value: str) -> Colour | None:
    """Return a colour; None when it is no colour."""
    if value == "transparent":
        return CLEAR
    if value in (CURRENT, "inherit", "unset", "revert", "revert-layer"):
        return CURRENT
    if value[0] == "#":
        return _from_hex(value)
    if value.startswith(("rgb", "hsl", "hwb")) and "(" in value:
        return _from_numbers(value)
    if value.startswith(("lab(", "lch(", "oklab(", "oklch(")):
        return _from_lightness(value)
    if "(" in value:
        return value if value.startswith(("color(", "color-mix(", "light-dark(", "var(")) else None
    if value in ImageColor.colormap:
        named = ImageColor.colormap[value]
        if isinstance(named, str):
            return _from_hex(named)
        return float(named[0]), float(named[1]), float(named[2]), 1.0
    return {
        "canvas": (255.0, 255.0, 255.0, 1.0),
        "canvastext": (0.0, 0.0, 0.0, 1.0),
        "initial": (0.0, 0.0, 0.0, 1.0),
        "rebeccapurple": (102.0, 51.0, 153.0, 1.0),
    }.get(value)


def _from_hex(value: str) -> Colour | None:
    if not _HEX.match(value.lower()):
        return None
    digits = value[1:] if len(value) > 5 else "".join(sign * 2 for sign in value[1:])
    red, green, blue, *rest = (int(digits[i : i + 2], 16) for i in range(0, len(digits), 2))
    return float(red), float(green), float(blue), rest[0] / 255 if rest else 1.0


def _parts(value: str) -> list[tuple[float, str]]:
    inner = value.partition("(")[2].rstrip(") ").replace("none", "0")
    return [(float(match[1]), match[2]) for match in _LENGTHS.finditer(inner)][:4]


def _from_numbers(value: str) -> Colour | None:
    parts = _parts(value)
    if len(parts) < 3:
        return value if "(" in value.partition("(")[2] else None
    opacity = 1.0 if len(parts) < 4 else parts[3][0] / (100 if parts[3][1] == "%" else 1)
    if value.startswith("rgb"):
        red, green, blue = (
            max(0.0, min(255.0, number * 2.55 if unit == "%" else number)) for number, unit in parts[:3]
        )
        return red, green, blue, opacity
    turn = {"rad": 1 / 6.2832, "turn": 1.0, "grad": 1 / 400}.get(parts[0][1], 1 / 360)
    hue, first, second = parts[0][0] * turn % 1, parts[1][0] / 100, parts[2][0] / 100
    if value.startswith("hwb"):
        first, second = min(first, 1.0), min(second, 1.0)
        if first + second >= 1:
            grey = 255 * first / (first + second)
            return grey, grey, grey, opacity
        tone = colorsys.hsv_to_rgb(hue, 1 - first / (1 - second) if second < 1 else 0.0, 1 - second)
    else:
        tone = colorsys.hls_to_rgb(hue, max(0.0, min(second, 1.0)), max(0.0, min(first, 1.0)))
    return tone[0] * 255, tone[1] * 255, tone[2] * 255, opacity


def _from_lightness(value: str) -> Colour | None:
    parts = _parts(value)
    if len(parts) < 3:
        return None
    opacity = 1.0 if len(parts) < 4 else parts[3][0] / (100 if parts[3][1] == "%" else 1)
    whole = 100 if parts[0][1] == "%" or not value.startswith("ok") else 1
    light = max(0.0, min(1.0, parts[0][0] / whole))
    if opacity <= FAINT or light > 0.97 or light < 0.03 or (value.startswith("ok") and parts[1][0] == parts[2][0] == 0):
        return light * 255, light * 255, light * 255, opacity
    return value


def _painted(value: str) -> Colour | None:
    found = colour(value)
    return CLEAR if found is None and value == "none" else found


def _background(value: str) -> tuple[Trait, ...]:
    if value in ("none", "initial", "inherit", "unset", "revert", "0"):
        return ("under", CLEAR), ("image", None)
    image = _picture(value)
    bare = _FUNCTION.sub(
        lambda m: m[0] if m[0].startswith(("rgb", "hsl", "hwb", "lab", "lch", "ok", "color")) else " ", value
    )
    found = [one for word in _COLOURS.findall(bare) if (one := colour(word)) is not None]
    painted = (("under", found[-1] if found else CLEAR), ("image", image))
    return (*painted, ("cut", True)) if "text" in bare.split() else painted


def _picture(value: str) -> tuple[Colour, ...] | None:
    """Return the colours of a gradient; an empty tuple for a picture, whose colours nobody knows; None for neither."""
    if "gradient(" in value:
        inner = " ".join(part for part in _FUNCTION.findall(value) if "gradient(" in part) or value
        found = [one for word in _COLOURS.findall(inner) if (one := colour(word)) is not None]
        return tuple(one for one in found if one != CURRENT)
    return () if re.search(r"url\(|image-set\(|image\(|element\(|cross-fade\(|paint\(", value) else None


def _side(name: str, value: str) -> tuple[Trait, ...]:
    words = value.split() if "(" not in value else [value]
    if not words or len(words) > 4:
        return ()
    kind = _BY_SIDE[name]
    if name in ("margin", "padding", "inset"):
        top, right, bottom, left = words[0], words[-1], words[0], words[-1]
        if len(words) > 1:
            right = left = words[1]
        if len(words) > 2:
            bottom = words[2]
        if len(words) > 3:
            left = words[3]
        sides = {"top": top, "right": right, "bottom": bottom, "left": left}
        return tuple(trait for side, word in sides.items() for trait in _side(f"{name}-{side}" if kind else side, word))
    found = length(words[0])
    if kind == "padding":
        return ((name, found or 0.0),)
    key = name.replace("inset-inline-start", "left").replace("inset-block-start", "top").replace("inline-start", "left")
    key = {"inset-inline": "left", "inset-block": "top"}.get(key, key)
    if found is None:
        return ((key, 0.0),) if words[0] in ("auto", "initial", "inherit", "unset", "revert") else ()
    return ((key, found),)


_BY_SIDE = {
    "margin": "margin", "margin-left": "margin", "margin-right": "margin", "margin-top": "margin",
    "margin-inline-start": "margin", "padding": "padding", "padding-top": "padding", "padding-bottom": "padding",
    "padding-left": "padding", "padding-right": "padding", "left": "", "top": "", "right": "", "bottom": "",
    "inset": "",
    "inset-inline-start": "", "inset-inline": "", "inset-block-start": "", "inset-block": "", "margin-bottom": "margin",
}  # fmt: skip


def _display(value: str) -> tuple[Trait, ...]:
    if value.split(maxsplit=1)[0] == "none":
        return (("display", True),) if value == "none" else ()
    return (("display", False),) if value in _SHOWN_AS or _TWO_WORDS.issuperset(value.split()) else ()


def _visibility(value: str) -> tuple[Trait, ...]:
    known = {"hidden": True, "collapse": True, "visible": False, "initial": False}
    return (("visibility", known[value]),) if value in known else ()


def _clip(value: str) -> tuple[Trait, ...]:
    if value in ("auto", "initial", "unset", "revert"):
        return (("clip", False),)
    if not value.startswith("rect("):
        return ()
    edges = [length(word) for word in value[5:].rstrip(") ").replace(",", " ").split()]
    if len(edges) != 4:
        return ()
    top, right, bottom, left = edges
    narrow = right is not None and right - (left or 0.0) < LOW
    flat = bottom is not None and bottom - (top or 0.0) < LOW
    return (("clip", narrow or flat or (left or 0.0) > FAR or (top or 0.0) > FAR),)


def _clip_path(value: str) -> tuple[Trait, ...]:
    if value in ("none", "initial", "unset", "revert") or re.fullmatch(r"[a-z-]+-box", value):
        return (("clip-path", False),)
    inner = value.partition("(")[2].rpartition(")")[0]
    whole = 100 * _WINDOW_UNIT
    if value.startswith("inset("):
        edges = [length(word) or 0.0 for word in inner.partition("round")[0].split()] or [0.0]
        top, right = edges[0], edges[min(1, len(edges) - 1)]
        bottom = edges[2] if len(edges) > 2 else top
        left = edges[3] if len(edges) > 3 else right
        return (("clip-path", top + bottom > whole - 20 or left + right > whole - 20),)
    if value.startswith(("circle(", "ellipse(")):
        radii = [length(word) for word in inner.partition("at ")[0].split()]
        return (("clip-path", any(radius is not None and radius < LOW for radius in radii)),)
    if value.startswith("polygon("):
        return (("clip-path", _is_flat(inner)),)
    return (("clip-path", True),) if "(" in value else ()  # what cannot be drawn here may show nothing


def _is_flat(inner: str) -> bool:
    points = [[length(word) for word in pair.split()[-2:]] for pair in inner.split(",")]
    pairs = [(pair[0], pair[1]) for pair in points if len(pair) == 2 and None not in pair]
    across, down = [x or 0.0 for x, _ in pairs], [y or 0.0 for _, y in pairs]
    return len(pairs) < 3 or max(across) - min(across) < LOW or max(down) - min(down) < LOW


def _transform(value: str) -> tuple[Trait, ...]:
    if value in ("none", "initial", "unset", "revert"):
        return (("transform", False),)
    far = False
    for part in _FUNCTION.findall(value):
        name, _, inner = part.partition("(")
        numbers = [length(word.strip()) for word in inner.rstrip(") ").split(",")]
        if name.startswith("scale"):
            far = far or any(number is not None and abs(number) < 0.05 for number in numbers)
        elif name.startswith("translate") and "%" not in part:
            far = far or any(number is not None and (number <= -FAR or number >= 5 * FAR) for number in numbers)
        elif name.startswith("translate"):
            far = far or any(number is not None and number <= -2 * FAR for number in numbers)
        elif name == "matrix" and len(numbers) == 6:
            far = far or numbers[0] == 0 or numbers[3] == 0 or (numbers[4] or 0) <= -FAR or (numbers[5] or 0) <= -FAR
        elif _ANGLE.match(part) and name in ("rotatex", "rotatey"):
            far = True
    return (("transform", far),)


def _scale(value: str) -> tuple[Trait, ...]:
    numbers = [length(word) for word in value.split()]
    return (("scale", any(number is not None and abs(number) < 0.05 for number in numbers)),)


def _translate(value: str) -> tuple[Trait, ...]:
    numbers = [length(word) for word in value.split()]
    return (("translate", any(number is not None and number <= -FAR for number in numbers)),)


def _filter(value: str) -> tuple[Trait, ...]:
    match = re.search(r"opacity\(\s*([^)]*)\)", value)
    blur = re.search(r"blur\(\s*([^)]*)\)", value)
    number = None if match is None else _share(match[1].strip())
    hazy = (length(blur[1].strip()) or 0.0) >= LOW if blur is not None else False
    return (("filter", hazy or (number is not None and number <= FAINT)),)


def _mask(value: str) -> tuple[Trait, ...]:
    clear = "gradient(" in value and all(_is_clear(one) for one in _picture(value) or (None,))
    return (("mask", clear),)


def _is_clear(one: Colour | None) -> bool:
    return one is not None and not isinstance(one, str) and one[3] <= FAINT


def _indent(value: str) -> tuple[Trait, ...]:
    found = length(value.split(maxsplit=1)[0])
    return () if found is None and value not in ("initial", "inherit") else (("indent", abs(found or 0.0) >= FAR),)


def _spacing(value: str) -> tuple[Trait, ...]:
    found = length(value)
    return (("spacing", (found or 0.0) <= -8),) if found is not None or value == "normal" else ()


def _under(value: str) -> tuple[Trait, ...]:
    found = CLEAR if value in _KEEP or value == "initial" else colour(value)
    return () if found is None else (("under", found),)


def _image(value: str) -> tuple[Trait, ...]:
    return (("image", _picture(value)),)


def _overflow(value: str) -> tuple[Trait, ...]:
    return (("overflow", any(word in ("hidden", "clip", "scroll", "auto") for word in value.split())),)


def _colour(name: str) -> Callable[[str], tuple[Trait, ...]]:
    def read(value: str) -> tuple[Trait, ...]:
        found = CLEAR if value == "none" and name == "fill" else colour(value)
        return () if found is None else ((name, found),)

    return read


def _when(name: str, *hiding: str) -> Callable[[str], tuple[Trait, ...]]:
    return lambda value: ((name, value in hiding),)


_READERS: dict[str, Callable[[str], tuple[Trait, ...]]] = {
    "background": _background,
    "background-clip": _when("cut", "text"),
    "background-color": _under,
    "background-image": _image,
    "clip": _clip,
    "clip-path": _clip_path,
    "color": _colour("colour"),
    "content": lambda value: (("content", value.startswith(("url(", "image("))),),
    "content-visibility": _when("content-visibility", "hidden"),
    "display": _display,
    "fill": _colour("fill"),
    "filter": _filter,
    "font": _font,
    "font-size": _size,
    "letter-spacing": _spacing,
    "mask": _mask,
    "mask-image": _mask,
    "mso-hide": _when("mso-hide", "all"),
    "overflow": _overflow,
    "overflow-x": _overflow,
    "overflow-y": _overflow,
    "position": _when("still", "static"),
    "rotate": lambda value: (("rotate", value.startswith(("x 90", "y 90", "x 270", "y 270"))),),
    "scale": _scale,
    "text-indent": _indent,
    "transform": _transform,
    "translate": _translate,
    "visibility": _visibility,
    "zoom": lambda value: (("zoom", _is_tiny(_share(value))),),
    "-webkit-text-fill-color": _colour("ink"),
    "-webkit-text-security": lambda value: (("security", value not in ("none", "initial")),),
}
