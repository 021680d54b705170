"""The docs site: the guides of docs/, and the reference that antsibull-docs makes of the roles and plugins.

`make docs` lays both side by side in build/docs/source. Nothing is fetched: the few labels of Ansible's own
documentation that the reference links to are in an inventory that pages.py writes.
"""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
RELEASE = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"]

project = "tracelab.k8s_tracing"
version = release = RELEASE
copyright = "k8s-tracing maintainers"
title = html_title = "tracelab.k8s_tracing"
html_short_title = "tracelab.k8s_tracing"

extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext", "sphinx_copybutton"]
INVENTORY = str(ROOT / "build" / "docs" / "ansible.inv")
intersphinx_mapping = {"ansible": ("https://docs.ansible.com/ansible/latest/", INVENTORY)}
# Links to headings are checked as links to files are.
myst_heading_anchors = 3

default_role = "any"
nitpicky = True
# The reference names modules of other collections, whose pages are elsewhere.
nitpick_ignore_regex = [("std:ref", r"ansible_collections\.(?!tracelab\.k8s_tracing\.).*")]
# YAML with Jinja, and the lexers for Ansible's output, come from ansible-pygments.
pygments_style = "ansible"
highlight_language = "YAML+Jinja"

html_theme = "sphinx_ansible_theme"
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}}
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_use_index = False
html_copy_source = False


def home(app: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """The theme's link to the first page, which it would make the same on pages in folders."""
    context["theme_documentation_home_url"] = context["pathto"](app.config.root_doc)


def setup(app: Any) -> None:
    app.connect("html-page-context", home)
