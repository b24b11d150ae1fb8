"""Events: facts written with the change that they state, delivered to handlers afterwards."""
