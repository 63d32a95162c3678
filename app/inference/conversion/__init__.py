"""From a model file as it is published to what each engine loads; runs once per model, in a process of its own."""
