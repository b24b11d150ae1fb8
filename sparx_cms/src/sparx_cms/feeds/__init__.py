"""What robots and feed readers are told of a site."""
