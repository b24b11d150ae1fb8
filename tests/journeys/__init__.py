"""What people do with Sparx, from the first command on: real processes, real HTTP."""
