"""Files of the media library: what they are, what is made of them, where they are kept."""
