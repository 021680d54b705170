# Copyright: (c) 2026, tracelab
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# /// script
# dependencies = ["nox>=2026.10.20", "antsibull-nox==1.10.0"]
# ///

"""Checks as other collections name them, by `make nox`. Their settings are in antsibull-nox.toml.

`make test` is the whole: what is here for the tools of the field is a part of it, in environments of nox's own.
"""

import antsibull_nox
import nox

antsibull_nox.load_antsibull_nox_toml()

if __name__ == "__main__":
    nox.main()
