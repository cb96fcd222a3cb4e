"""The nouns: pydantic models of everything that crosses a topic, and JSON Schema out of them."""
