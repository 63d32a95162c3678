"""Language models: catalog, engine processes, conversion, scheduling, calibration."""
