"""Segments: rules about customers, as SQL, and who is in one.

What a rule means where a value is missing: every predicate is true or false, and never unknown.
``eq``, the comparisons, ``between``, ``in``, ``contains`` and the operators of days are false of a
missing value; ``neq``, ``not_in`` and ``not_contains`` are exactly the opposite of ``eq``, ``in``
and ``contains``, and so true of it. ``not`` turns true to false and back.
"""
