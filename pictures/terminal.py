"""The end of a playbook in a terminal, as an SVG: `rich` draws it from the recorded text."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import SVG_EXPORT_THEME
from rich.text import Text

# Ansible's own colours of a state.
COLOURS = {"ok": "green", "changed": "yellow", "skipping": "cyan", "fatal": "red"}
COLUMNS = 112
# No font is fetched: each system has one of these. Rich's own frame asks a server for its font.
FRAME = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t">
<title id="t">The end of ansible-playbook tracelab.k8s_tracing.verify</title>
<style>
text {{
  font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
{matrix}
</g>
</svg>
"""


def coloured(output: str) -> Text:
    """Ansible colours the line of a state, and what belongs to it up to the next empty line."""
    text, colour = Text(), ""
    for line in output.splitlines(keepends=True):
        state = re.match(r"\w+(?=: \[)", line)
        colour = COLOURS.get(state[0], "") if state else "" if not line.strip() else colour
        text.append(line, colour)
    return text


def draw_terminal(source: Path, target: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=StringIO(), legacy_windows=False)
    console.print(coloured(source.read_text(encoding="utf-8")), end="")
    target.write_text(
        console.export_svg(
            title="ansible-playbook tracelab.k8s_tracing.verify",
            theme=SVG_EXPORT_THEME,
            code_format=FRAME,
            unique_id="verify",
        ),
        encoding="utf-8",
    )
