"""How the product is shipped: lock files and the bundle for machines without a network."""
