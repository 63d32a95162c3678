"""Model packs: prepared models in a folder or one file, hashed and signed, for workstations without a network."""
