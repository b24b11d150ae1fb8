"""Modules of a stranger: ``shop`` with every kind of field, ``vault``, and ``perks`` that needs
both and extends the shop.
"""
