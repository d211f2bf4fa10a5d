"""The page: ES modules joined into two scripts, with styles and texts, in one HTML file."""

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from html import escape
from pathlib import Path

from ..errors import ExcitableError

FOLDER = Path(__file__).parent / "page"
_IMPORT = re.compile(
    r'^import (?:\{[^}]*\}|\* as \w+) from "[./]*(?:\w+/)?([\w-]+)\.js";\n', re.MULTILINE
)
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)  # of a whole line; they stay in the sources
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class|let)\b)", re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
# What would end a script element, or begin a comment in it, wherever it stands.
_ENDS = re.compile(r"</script|<script|<!--", re.IGNORECASE)


def joined(first: str, given: dict[str, str], without: Iterable[str] = ()) -> tuple[str, list[str]]:
    """Return a module and all that it imports as one text, each after those that it needs.

    Parameters
    ----------
    first : str
        Name of a file in ``page/`` or a folder in it, without its ending.
    given : dict of str to str
        Text of modules that are no files.
    without : iterable of str
        Modules that are there already.

    Returns
    -------
    text : str
    names : list of str
        The modules in it, in order.
    """
    done: list[str] = []
    texts: list[str] = []

    files = {path.stem: path for path in FOLDER.rglob("*.js")}

    def add(name: str) -> None:
        if name in done or name in without:
            return
        text = given.get(name) or files[name].read_text("utf-8")
        for needed in _IMPORT.findall(text):
            add(needed)
        done.append(name)
        texts.append(_COMMENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text))).strip())

    add(first)
    text = "\n\n".join(texts)
    if twice := [n for n, times in Counter(_DECLARED.findall(text)).items() if times > 1]:
        raise ExcitableError(f"the page's modules have two things of the name {twice[0]}")
    return text, done


def safe_json(value) -> str:
    """Return JSON that cannot end the script in which it stands.

    Examples
    --------
    >>> safe_json("</script><b>")
    '"\\\\u003c/script>\\\\u003cb>"'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def page_text(engine: str, data: str, title: str) -> str:
    """Return the whole page.

    Parameters
    ----------
    engine : str
        The generated module: systems of equations and stimuli.
    data : str
        The generated module of everything that only the page itself needs.
    title : str
    """
    given = {"generated": engine, "data": data}
    worker, there = joined("worker", given)
    main, _ = joined("main", given, without=there)
    scripts = [f'"use strict";\n{worker}', f'"use strict";\n(() => {{\n{main}\n}})();']
    for script in scripts:
        if _ENDS.search(script):
            raise ExcitableError(f"the page's script contains {_ENDS.search(script).group()!r}")
    style = (FOLDER / "style.css").read_text("utf-8")
    body = (FOLDER / "body.html").read_text("utf-8")
    policy = "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {_hash(style)}",
            "img-src data: blob:",
            "worker-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
{body}
<script id="engine">{scripts[0]}</script>
<script>{scripts[1]}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
