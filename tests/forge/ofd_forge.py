"""Documents in OFD, made part by part."""

import io
import zipfile

SPACE = 'xmlns:ofd="http://www.ofdspec.org/2016"'
AREA = "<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>"


def element(name, inner="", **about):
    stated = "".join(f' {key}="{value}"' for key, value in about.items())
    return f"<ofd:{name}{stated}>{inner}</ofd:{name}>"


def part(name, inner="", **about):
    return f"<?xml version='1.0'?><ofd:{name} {SPACE}" + element(name, inner, **about)[5 + len(name) :]


def words(text, x=20.0, y=20.0, size=4, step=None, inner="", code="", **about):
    """Return a text object whose first letter stands at a place of the page."""
    offsets = f'DeltaX="g {len(text) - 1} {size if step is None else step}"' if len(text) > 1 else ""
    letters = f'<ofd:TextCode X="0" Y="{size}" {code or offsets}>{text}</ofd:TextCode>'
    about = {"Boundary": f"{x} {y - size} 100 {size * 1.5}", "Font": 1, "Size": size, **about}
    return element("TextObject", inner + letters, **about)


def page(*objects, before=""):
    content = element("Content", element("Layer", "".join(objects), ID=2))
    return part("Page", before + content)


def package(*pages, document="", common="", body="", information="", **parts):
    listed = "".join(element("Page", ID=100 + n, BaseLoc=f"Pages/Page_{n}/Content.xml") for n in range(len(pages)))
    made = {
        "OFD.xml": part(
            "OFD",
            element(
                "DocBody",
                element("DocInfo", information) + element("DocRoot", "Doc_0/Document.xml") + body,
            ),
            Version="1.0",
            DocType="OFD",
        ),
        "Doc_0/Document.xml": part(
            "Document", element("CommonData", AREA + common) + element("Pages", listed) + document
        ),
        **{f"Doc_0/Pages/Page_{n}/Content.xml": text for n, text in enumerate(pages)},
        **{name.replace("__", "/"): text for name, text in parts.items()},
    }
    return zipped(made)


def zipped(made):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in made.items():
            target.writestr(name, data)
    return out.getvalue()
