"""``python -m sparx_core.cli``: the command by way of a given interpreter."""

from sparx_core.cli import main

main()
