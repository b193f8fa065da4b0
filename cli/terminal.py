"""What other people's text may do to a terminal: nothing.

Posts, names, columns and error messages can hold escape sequences, which move the cursor, set
the title or hide text, and marks that turn the direction of writing. In tables and messages they
are shown as visible signs; JSON and CSV, which programs read, keep the text as it is.
"""

import re

_HIDDEN = re.compile(
    # C0 and C1 controls and DEL; direction marks; line and paragraph separators; surrogates.
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def visible(text: str, *, keep: str = "") -> str:
    """Replace characters that a terminal would obey by signs that it shows.

    Parameters
    ----------
    text : str
        Anything.
    keep : str
        Characters that stay, such as a line feed in messages of several lines.

    Returns
    -------
    str
        ``␛`` for the escape character and other symbols for C0 controls (Unicode's control
        pictures), ``<U+202E>`` for the rest.
    """
    return _HIDDEN.sub(lambda found: found[0] if found[0] in keep else _sign(found[0]), text)


def _sign(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return f"<U+{code:04X}>"
