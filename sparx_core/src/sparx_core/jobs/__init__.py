"""Jobs: work that takes longer than a request, in many transactions one after another."""
