"""Files that are too large for the database: a folder of this machine, or a bucket of S3's kind."""
