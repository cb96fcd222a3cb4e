"""What runs on a device or kiosk: light, and nothing of the workers."""
