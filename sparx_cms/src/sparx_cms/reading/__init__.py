"""How entries are read: views, languages, and the fields that content types define."""
