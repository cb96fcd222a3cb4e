"""What a device's observation weighs: who goes first, and who waits."""

IMPORTANCE_DEFAULT = 0.5
ALARM = 0.8
"""From here on it goes first, and is never held back by rate or budget."""
LOW = 0.3
"""Below, it waits first and is dropped first."""
