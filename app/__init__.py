"""WardNote (病程助手): differential diagnoses from local language models, beside the progress note."""

__version__ = "0.1.0"
