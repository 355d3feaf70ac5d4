"""One file, one layer: what the columns of a layer mean and how raw rows become them."""
