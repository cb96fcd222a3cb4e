"""The workers: each reads top to bottom, as its data flows. `wiring` alone builds adapters from settings."""
