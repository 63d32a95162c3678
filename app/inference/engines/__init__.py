"""The engines; the only modules that import BigDL-LLM, transformers or OpenVINO at run time."""
