"""The items of each lesson's short tests, one file each; the engine computes the answers."""
