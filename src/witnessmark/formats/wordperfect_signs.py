"""The signs of WordPerfect's character sets, those that letters of living languages are written with; pure data.

A sign is named by the number of its set and its place there. Sets of drawing, mathematics and the like are not here:
their signs become U+FFFD.
"""

from typing import Final

SHORT: Final = (
    "\ufffd\xe5\xc5\xe6\xc6\xe4\xc4\xe1\xe0\xe2\xe3\xc3\xe7\xc7\xeb\xe9\xc9"
    "\xe8\xea\xed\xf1\xd1\xf8\xd8\xf5\xd5\xf6\xd6\xfc\xdc\xfa\xf9\xdf"
)
"""What the bytes 0 to 32 stand for from version 6 on."""
_MULTINATIONAL: Final = (
    "\u0300\xb7\u0303\u0302\u0335\u0338\u0301\u0308\u0304\u0313\u0315\u02bc\u0326\u0315\xb0\u0307\u030b\u0327\u0328\u030c\u0337\u0305\u0306\xdf\u0138j\xc1\xe1\xc2\xe2\xc4\xe4\xc0\xe0\xc5\xe5\xc6\xe6\xc7\xe7\xc9\xe9\xca\xea\xcb\xeb\xc8\xe8\xcd\xed\xce\xee\xcf\xef\xcc\xec\xd1\xf1\xd3\xf3\xd4\xf4\xd6\xf6\xd2\xf2\xda\xfa\xdb\xfb\xdc\xfc\xd9\xf9\u0178\xff\xc3\xe3\u0110\u0111\xd8\xf8\xd5\xf5\xdd\xfd\xd0\xf0\xde\xfe"
    "\u0102\u0103\u0100\u0101\u0104\u0105\u0106\u0107\u010c\u010d\u0108\u0109\u010a\u010b\u010e\u010f\u011a\u011b\u0116\u0117\u0112\u0113\u0118\u0119\u01f4\u01f5\u011e\u011f\u01e6\u01e7\u0122\u0123\u011c\u011d\u0120\u0121\u0124\u0125\u0126\u0127\u0130i\u012a\u012b\u012e\u012f\u0128\u0129\u0132\u0133\u0134\u0135\u0136\u0137\u0139\u013a\u013d\u013e\u013b\u013c\u013f\u0140\u0141\u0142\u0143\u0144\ufffd\u0149\u0147\u0148\u0145\u0146\u0150\u0151\u014c\u014d\u0152\u0153\u0154\u0155\u0158\u0159\u0156\u0157\u015a\u015b\u0160\u0161\u015e\u015f"
    "ŜŝŤťŢţŦŧŬŭŰűŪūŲųŮůŨũŴŵŶŷŹźŽžŻżŊŋ"
)
_TYPOGRAPHIC: Final = "●○■•*¶§¡¿«»£¥₧ƒªº½¼¢²ⁿ®©¤¾³‛’‘‟”“–—‹›○□†‡™℠℞●◦■▪□▫‒ﬀﬃﬄﬁﬂ…$₣₢₠₤‚„⅓⅔⅛⅜⅝⅞ⓂⓅ€℅℆‰№—¹"
_GREEK: Final = "ΑαΒβΒϐΓγΔδΕεΖζΗηΘθΙιΚκΛλΜμΝνΞξΟοΠπΡρΣσΣςΤτΥυΦφΧχΨψΩωΆάΈέΉήΊίΪϊΌόΎύΫϋΏώεϑϰϖϱςϒϕω;·"
_HEBREW: Final = "".join(map(chr, range(0x5D0, 0x5EB)))
_CYRILLIC: Final = (
    "\u0410\u0430\u0411\u0431\u0412\u0432\u0413\u0433\u0414\u0434\u0415\u0435\u0401\u0451\u0416\u0436\u0417\u0437\u0418\u0438\u0419\u0439\u041a\u043a\u041b\u043b\u041c\u043c\u041d\u043d\u041e\u043e\u041f\u043f\u0420\u0440\u0421\u0441\u0422\u0442\u0423\u0443\u0424\u0444\u0425\u0445\u0426\u0446\u0427\u0447\u0428\u0448\u0429\u0449\u042a\u044a\u042b\u044b\u042c\u044c\u042d\u044d\u042e\u044e\u042f\u044f\u04d8\u04d9\u0403\u0453\u0490\u0491\u0492\u0493\u0402\u0452\u0404\u0454\u0404\u0454\u0496\u0497\u0405\u0455\ufffd\ufffd\u0418\u0438\u0406\u0456"
    "\u0407\u0457\ufffd\ufffd\u0408\u0458\u040c\u045c\u049a\u049b\u04c3\u04c4\u049c\u049d\u0409\u0459\u04a2\u04a3\u040a\u045a\u047a\u047b\u0460\u0461\u040b\u045b\u040e\u045e\u04ee\u04ef\u04ae\u04af\u04b0\u04b1\u0194\u0263\u04b2\u04b3\u0425\u0445\u04ba\u04bb\u047e\u047f\u040f\u045f\u04b6\u04b7\u04b8\u04b9\u0428\u0448\u0462\u0463\u0466\u0467\u046a\u046b\u046e\u046f\u0470\u0471\u0472\u0473\u0474\u0475"
)
_KATAKANA: Final = "".join(map(chr, range(0xFF61, 0xFFA0)))
_ASCII: Final = "".join(map(chr, range(0x20, 0x7F)))
_SETS: Final = {
    0: _ASCII,
    1: _MULTINATIONAL,
    4: _TYPOGRAPHIC,
    8: _GREEK,
    9: _HEBREW,
    10: _CYRILLIC,
    11: _KATAKANA,
}


def sign(number: int, place: int) -> str:
    """Return the sign at a place of a set."""
    known = _SETS.get(number, "")
    return known[place] if place < len(known) else "\ufffd"
