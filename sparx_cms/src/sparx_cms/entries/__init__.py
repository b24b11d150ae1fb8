"""What an entry consists of, and what of it is kept beside it: claims, links, languages, paths."""
