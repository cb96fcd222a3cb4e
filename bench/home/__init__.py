"""A month of a smart home, made up from a seed: what devices observed, and questions of known evidence."""
