"""Links: what stands for one row of one tenant, for somebody who has no key."""
