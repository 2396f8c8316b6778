# Copyright: (c) 2026, lambdal.cloud contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site."""

project = "lambdal.cloud"
copyright = "lambdal.cloud contributors"
title = "lambdal.cloud, an Ansible collection for Lambda Cloud"
html_short_title = "lambdal.cloud"

extensions = ["sphinx.ext.autosectionlabel", "sphinx_antsibull_ext", "myst_parser"]
autosectionlabel_prefix_document = True
# Two parameters of one name in one document are common in option tables.
suppress_warnings = ["autosectionlabel.*"]

pygments_style = "ansible"
highlight_language = "yaml"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_theme_options = {"documentation_home_url": "index.html", "topbar_links": {}, "swift_id": ""}
html_static_path = []

nitpicky = False
default_role = "any"
