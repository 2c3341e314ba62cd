"""The synthetic conversations that the built-in model learns from, and is measured on."""
